import "./node-20.ts"
import { program } from "./program.ts"
import { terminal } from "./terminal.ts"

const is_node = process.versions.bun === undefined

// Node's `fetch` reads answers with WebAssembly. To make that fast takes longer than a command, which would wait for it.
if (is_node) (await import("node:v8")).setFlagsFromString("--liftoff-only")
process.exitCode = await program(process.argv.slice(2), terminal(process.env))
// Node waits for a connection that is kept for further requests; there are none. What was written goes out first.
if (is_node) process.stdout.write("", () => process.stderr.write("", () => process.exit()))
