import "./node-20.ts"
import { program } from "./program.ts"
import { terminal } from "./terminal.ts"

process.exitCode = await program(process.argv.slice(2), terminal(process.env))
