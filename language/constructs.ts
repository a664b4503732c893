import type { Fault, Path } from "./fault.ts"
import type { Definition } from "./schema.ts"
import { entriesIn } from "./sections.ts"

/**
 * What this version checks, compiles and keeps, but doesn't run. The one list of it: what the engine,
 * an executor or a door has learned is taken out here, and nowhere else.
 */
const not_run: readonly string[] = []

export type Construct = string

type Use = { readonly construct: Construct; readonly path: Path }

/** What a definition uses of it, and where. */
export const usesOf = (definition: Definition): readonly Use[] =>
  entriesIn(definition).flatMap(({ section, name, task }) => {
    const construct = constructOf(`uses: ${task.uses}`)
    return construct === undefined ? [] : [{ construct, path: [section, name, "uses"] }]
  })

const constructOf = (written: string): Construct | undefined => not_run.find((one) => one === written)

/** Where a definition uses what this version doesn't run. */
export const notRunIn = (definition: Definition): readonly Fault[] =>
  usesOf(definition).map(({ construct, path }) => {
    const message = `this version doesn't run \`${construct}\` yet: it can be pushed, but not started`
    return { path, message, on_key: true }
  })

/** In plans of versions whose files were not kept: that was before pushes brought them along. */
const without_files = "files"

/** Why a run of a plan can't start; undefined if it can. Plans name what they use in `constructs`. */
export const refusalOf = (constructs: readonly string[] | null | undefined): string | undefined => {
  if (constructs?.includes(without_files)) {
    return "This version's `files` were not kept when it was pushed: push it again."
  }
  const missing = (constructs ?? []).flatMap((written) => constructOf(written) ?? [])
  if (missing.length === 0) return undefined
  return `This version doesn't run ${missing.map((construct) => `\`${construct}\``).join(", ")} yet.`
}
