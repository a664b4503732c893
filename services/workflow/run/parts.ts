import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { cycles, topological } from "#language/graph.ts"
import { limits } from "#language/limits.ts"
import { pinKey, type Subworkflow } from "#language/subworkflows.ts"
import type { Content, Contents } from "./contents.ts"
import { max_message_chars } from "./hand-over.ts"
import { resolve } from "./resolve.ts"

/** A version that is about to be run, with what is known of it. */
type Whole = {
  readonly workspace_id: string
  readonly workflow: string
  readonly version: number
  readonly content: Content
}

type Part = Omit<Whole, "workspace_id">

/** By what their plans name them. */
type Parts = ReadonlyMap<string, Part>

/**
 * The plan with the versions of all workflows that its tasks run, and that those run in turn, as they are now. A level of
 * them is read at a time. A circle is refused, and so is what can't be started.
 */
export const pinParts = async (sql: Sql, contents: Contents, whole: Whole): Promise<string | Problem> => {
  const found = await findParts(sql, contents, whole)
  if (found instanceof Problem) return found
  const text = withPlans(whole.content.plan, found)
  const refusal = refusalOf(whole, found)
  if (refusal) return refusal
  if (text.length <= max_message_chars) return text
  return tooLarge(whole, `their plans have ${text.length} characters, and may have ${max_message_chars}`)
}

const findParts = async (sql: Sql, contents: Contents, whole: Whole): Promise<Parts | Problem> => {
  const { workspace_id } = whole
  const parts = new Map<string, Part>()
  let open: readonly (readonly [Subworkflow, Part])[] = asked(whole)
  while (open.length > 0) {
    const wanted = open.map(([{ name, version }]) => ({
      ...{ workspace_id, workflow: name },
      version: version ?? undefined,
    }))
    const resolved = await resolve(sql, wanted)
    const loaded = await contents.load(sql, resolved)
    const level: Part[] = []
    for (const [index, [part, by]] of open.entries()) {
      const [version, content] = [resolved[index], loaded[index]]
      if (!version || !content || version.archived || content.refusal !== undefined) {
        return notStartable(part, by, version?.archived ? "is archived" : content?.refusal)
      }
      const own = { workflow: part.name, version: version.version, content }
      parts.set(pinKey(part), own)
      level.push(own)
    }
    if (parts.size > limits.max_subworkflows) {
      return tooLarge(whole, `they are more than ${limits.max_subworkflows} in all`)
    }
    const next = new Map(level.flatMap(asked).map((one) => [pinKey(one[0]), one]))
    open = [...next].filter(([key]) => !parts.has(key)).map(([, one]) => one)
  }
  return parts
}

const asked = (by: Part): readonly (readonly [Subworkflow, Part])[] =>
  (by.content.parts ?? []).map((part) => [part, by])

const nodeOf = ({ workflow, version }: Pick<Part, "workflow" | "version">): string =>
  `${workflow} (version ${version})`

const refusalOf = (whole: Whole, parts: Parts): Problem | undefined => {
  const graph = new Map<string, readonly string[]>()
  for (const one of [whole, ...parts.values()]) {
    const runs = (one.content.parts ?? []).flatMap((part) => parts.get(pinKey(part)) ?? [])
    graph.set(nodeOf(one), runs.map(nodeOf))
  }
  const [cycle] = cycles(graph, 1)
  if (cycle) {
    const circle = [...cycle, ...cycle.slice(0, 1)].join(" → ")
    return new Problem("workflow.cycle", { detail: `${circle}: a run of it would never end.` })
  }
  const depths = new Map<string, number>()
  for (const node of topological(graph)) {
    depths.set(node, 1 + Math.max(0, ...(graph.get(node) ?? []).map((run) => depths.get(run) ?? 0)))
  }
  const depth = depths.get(nodeOf(whole)) ?? 0
  if (depth <= limits.max_workflow_depth) return undefined
  return tooLarge(whole, `they run each other ${depth} deep, and may do so ${limits.max_workflow_depth} deep`)
}

const notStartable = (part: Subworkflow, by: Part, why: string | undefined): Problem => {
  const version = part.version === null ? "" : ` with a version ${part.version}`
  const reason =
    why === undefined
      ? `there is no workflow ${part.name}${version} in this workspace`
      : `${part.name} can't be run: ${why.replace(/\.$/, "")}`
  return new Problem("workflow.unknown_part", {
    detail: `A task of ${nodeOf(by)} runs ${pinKey(part)}, and ${reason}.`,
  })
}

const tooLarge = (whole: Part, why: string): Problem =>
  new Problem("workflow.unknown_part", {
    detail: `The workflows that ${nodeOf(whole)} runs are too many: ${why}.`,
  })

/** Plans are kept as they are written, so nothing has to be read to put them together. */
const withPlans = (plan: string, parts: Parts): string => {
  const written = [...parts]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(
      ([key, { workflow, version, content }]) =>
        `${JSON.stringify(key)}:{"workflow":${JSON.stringify(workflow)},"version":${version},"plan":${content.plan}}`,
    )
  return `${plan.trimEnd().slice(0, -1)},"workflows":{${written.join(",")}}}`
}
