import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import openapiTypes, { astToString } from "openapi-typescript"
import { documentMachine } from "#kernel/machine/document.ts"
import { jsonSchema } from "#language/schema-json.ts"
import { platformDocument } from "#services/all/document.ts"
import { runMoves } from "#services/scheduler/run/moves.ts"
import { taskMoves } from "#services/scheduler/task/moves.ts"

const root = new URL("..", import.meta.url).pathname

type Generated = { readonly path: string; readonly text: string }

const pretty = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

const statesText = (): string =>
  [
    "# States",
    "",
    "Generated from the machines of the scheduler by `bun run generate`.",
    "",
    documentMachine("Run", runMoves),
    documentMachine("Task run", taskMoves),
  ].join("\n")

/** Everything that is committed and derived; a test holds that it is up to date. */
export const generated = async (): Promise<readonly Generated[]> => {
  const document = platformDocument()
  const types = await openapiTypes(JSON.stringify(document))
  return [
    { path: "sdk/openapi.json", text: pretty(document) },
    { path: "sdk/generated/types.ts", text: astToString(types) },
    { path: "language/generated/workflow.schema.json", text: pretty(jsonSchema()) },
    { path: "docs/states.md", text: statesText() },
  ]
}

/** The code made from proto/, in a folder of its own. */
export const generateProto = (out: string): void => {
  const template = JSON.stringify({
    version: "v2",
    plugins: [{ local: "protoc-gen-es", out, opt: ["target=ts", "import_extension=ts"] }],
  })
  const made = Bun.spawnSync(["bunx", "--bun", "buf", "generate", "--template", template], {
    cwd: join(root, "proto"),
    env: { ...process.env, PATH: `${join(root, "node_modules/.bin")}:${process.env.PATH}` },
  })
  if (made.exitCode !== 0) throw new Error(`buf: ${made.stderr.toString()}`)
}

export const scratch = <Result>(work: (folder: string) => Result): Result => {
  const folder = mkdtempSync(join(tmpdir(), "wf-generate-"))
  try {
    return work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  for (const { path, text } of await generated()) await Bun.write(join(root, path), text)
  generateProto(join(root, "proto/generated"))
}
