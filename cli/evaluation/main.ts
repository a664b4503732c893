import { writeFileSync } from "node:fs"
import { pathToFileURL } from "node:url"
import { placeOf } from "#sdk/authoring/place.ts"
import * as sdk from "#sdk/index.ts"
import type { Told } from "./told.ts"

const [program = "", answer = ""] = process.argv.slice(2)

/** A workflow's file imports "wf" wherever it is, also where nothing is installed. */
Bun.plugin({
  name: "wf",
  setup: (build) => {
    build.module("wf", () => ({ exports: { ...sdk }, loader: "object" }))
  },
})

type Flow = { definition(): unknown; readonly places: ReadonlyMap<string, unknown> }

const isFlow = (value: unknown): value is Flow =>
  typeof value === "object" &&
  value !== null &&
  typeof Reflect.get(value, "definition") === "function" &&
  Reflect.get(value, "places") instanceof Map

const evaluate = async (): Promise<unknown> => {
  const exported = Object.values((await import(pathToFileURL(program).href)) as object)
  const flows = new Set(exported.flat().filter(isFlow))
  const nothing = "it exports no workflow: write `export const flow = workflow(…)`"
  if (flows.size === 0) return { ok: false, errors: [{ message: nothing }] }
  return {
    ok: true,
    flows: [...flows].map((flow) => ({
      definition: flow.definition(),
      places: Object.fromEntries(flow.places),
    })),
  }
}

type Fault = Extract<Told, { ok: false }>["errors"][number]

type Thrown = Error & {
  readonly position?: { readonly file: string; readonly line: number; readonly column: number } | null
}

/** What can't be read has several errors, each with its position; what is thrown has a stack. */
const faultsOf = (thrown: unknown): readonly Fault[] => {
  if (thrown instanceof AggregateError) return thrown.errors.flatMap(faultsOf)
  if (typeof thrown !== "object" || thrown === null || !("message" in thrown)) {
    return [{ message: `it threw ${JSON.stringify(thrown) ?? String(thrown)}` }]
  }
  const { position, message, name } = thrown as Thrown
  if (position) {
    const { file, line, column } = position
    return [{ file, line, column, message }]
  }
  const kind = name === "Error" || !(thrown instanceof Error) ? "" : `${name}: `
  return [{ ...(thrown instanceof Error ? placeOf(thrown) : undefined), message: `${kind}${message}` }]
}

const told = await evaluate().catch((thrown: unknown) => ({ ok: false, errors: faultsOf(thrown) }))
writeFileSync(answer, JSON.stringify(told))
// Whatever it has left open: timers, connections.
process.exit(0)
