import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import openapiTypes, { astToString } from "openapi-typescript"
import { documentMachine } from "#kernel/machine/document.ts"
import { kinds } from "#kernel/problem/kinds.ts"
import { jsonSchema } from "#language/schema-json.ts"
import { platformDocument } from "#services/all/document.ts"
import { deliveryMoves } from "#services/notification/delivery/moves.ts"
import { jobMoves } from "#services/scheduler/job/moves.ts"
import { runMoves } from "#services/scheduler/run/moves.ts"
import { taskMoves } from "#services/scheduler/task/moves.ts"
import { fireMoves } from "#services/workflow/fire/moves.ts"
import { eventSchemas } from "./contract/events.ts"
import { brokenPromises } from "./contract/narrowing.ts"
import { permissionsText, unlisted } from "./contract/permissions.ts"
import { brokenProto, generateProto, proto_image, protoImage } from "./contract/proto.ts"

const root = join(import.meta.dir, "..")

const event_schemas = "tests/contracts/events.json"

type Generated = { readonly path: string; readonly text: string }

const pretty = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

const statesText = (): string =>
  [
    "# States",
    "",
    "Generated from the machines of the scheduler, of schedules and of notifications by `bun run generate`.",
    "",
    documentMachine("Run", runMoves),
    documentMachine("Task run", taskMoves),
    documentMachine("Job", jobMoves),
    documentMachine("Fire of a schedule", fireMoves),
    documentMachine("Delivery of a notification", deliveryMoves),
  ].join("\n")

const problemCodesText = (): string =>
  [
    "/** What the platform refuses with. */",
    "export type ProblemCode =",
    ...Object.keys(kinds)
      .sort()
      .map((code) => `  | "${code}"`),
    "",
  ].join("\n")

export const scratch = async <Result>(work: (folder: string) => Promise<Result>): Promise<Result> => {
  const folder = mkdtempSync(join(tmpdir(), "wf-generate-"))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Everything that is committed and derived, but the code of proto/; a test holds that it is up to date. */
export const generated = async (): Promise<readonly Generated[]> => {
  const document = platformDocument()
  const types = await openapiTypes(JSON.stringify(document))
  return [
    { path: "sdk/openapi.json", text: pretty(document) },
    { path: "sdk/generated/problem-codes.ts", text: problemCodesText() },
    { path: "sdk/generated/types.ts", text: astToString(types) },
    { path: "language/generated/workflow.schema.json", text: pretty(jsonSchema()) },
    { path: "docs/states.md", text: statesText() },
    { path: "docs/permissions.md", text: permissionsText(document) },
    { path: event_schemas, text: pretty(eventSchemas()) },
    { path: proto_image, text: await scratch(protoImage) },
  ]
}

/** What others rely on and would lose: it is not written over. */
const broken = async (): Promise<readonly string[]> => {
  const kept = Bun.file(join(root, event_schemas))
  const events = (await kept.exists()) ? brokenPromises(await kept.json(), eventSchemas()) : []
  const image = join(root, proto_image)
  const proto = (await Bun.file(image).exists()) ? brokenProto(image) : ""
  const asked = unlisted(platformDocument()).map(
    (id) => `${id}: the table of permissions has another list of operations`,
  )
  return [...events, ...(proto === "" ? [] : [proto]), ...asked]
}

if (import.meta.main) {
  const losses = await broken()
  if (losses.length > 0) {
    process.stderr.write(`This can't be kept as a promise:\n${losses.join("\n")}\n`)
    process.exit(1)
  }
  for (const { path, text } of await generated()) await Bun.write(join(root, path), text)
  generateProto(join(root, "proto/generated"))
}
