import "./node-20.ts"
import { program } from "./program.ts"
import { terminal } from "./terminal.ts"

process.exitCode = await program(process.argv.slice(2), terminal(process.env))
// Node waits for a connection that is kept for further requests; there are none. What was written goes out first.
if (process.versions.bun === undefined)
  process.stdout.write("", () => process.stderr.write("", () => process.exit()))
