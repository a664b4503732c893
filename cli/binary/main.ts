import { evaluation_variable } from "../installed.ts"

// The whole client as one file: what runs workflows' programs elsewhere is a file of its own, and here it is itself.
const evaluates = process.env[evaluation_variable] !== undefined
delete process.env[evaluation_variable]
await (evaluates ? import("../evaluation/main.ts") : import("../main.ts"))
