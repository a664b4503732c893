import { createHash } from "node:crypto"
import { canonicalJson } from "#language/canonical-json.ts"
import { type ExpressionContext, ExpressionError, interpolate } from "#language/expressions.ts"
import type { Plan, PlanTask } from "#language/plan.ts"
import type { RunRow, TaskRow } from "../step/rows.ts"
import type { Step } from "../step/step.ts"
import { withEnv } from "../wait/evaluate.ts"

type Ready = { readonly task: TaskRow; readonly run: RunRow; readonly plan: Plan; readonly planned: PlanTask }

/** A task that may take over a result, under which key, and what there is; or why its key can't be told. */
export type Looked =
  | { readonly hash: string; readonly ttl_ms: number; readonly found: CachedResult | undefined }
  | { readonly error: ExpressionError }

export type CacheWanted = { readonly workspace_id: string; readonly hash: string; readonly ttl_ms: number }

export type CachedResult = {
  /** The task run that wrote it. */
  readonly id: string
  readonly outputs: Readonly<Record<string, unknown>> | null
}

/** Of a task with items it is the items that have results. */
const mayTakeOver = ({ task, planned }: Pick<Ready, "task" | "planned">): boolean =>
  planned.cache !== undefined && (planned.each === undefined || task.item !== null)

/** All keys of a step are looked up at once. A rerun is asked for, so it does the work again, and others may take that over. */
export const lookUp = async <One extends Ready>(
  step: Step,
  open: readonly One[],
  contextOf: (ready: One) => ExpressionContext,
): Promise<ReadonlyMap<TaskRow, Looked>> => {
  const looked = new Map<TaskRow, Looked>()
  const keyed: Keyed[] = []
  for (const ready of open) {
    const { planned, task } = ready
    if (!planned.cache || !mayTakeOver(ready)) continue
    const { ttl_ms, key } = planned.cache
    const hash = hashOf(ready, () => interpolate(key, withEnv(contextOf(ready), {})))
    if (typeof hash !== "string") {
      looked.set(task, { error: hash })
      continue
    }
    looked.set(task, { hash, ttl_ms, found: undefined })
    keyed.push({ ...ready, hash, ttl_ms })
  }
  const redone = await redoneOf(step, keyed)
  const asking = keyed.filter(({ run }) => !redone.has(run.id))
  if (asking.length === 0) return looked
  const results = await step.rows.cached(
    asking.map(({ run, hash, ttl_ms }) => ({ workspace_id: run.workspace_id, hash, ttl_ms })),
  )
  const byKey = new Map(results.map(({ workspace_id, hash, ...found }) => [`${workspace_id} ${hash}`, found]))
  for (const { task, run, hash, ttl_ms } of asking) {
    looked.set(task, { hash, ttl_ms, found: byKey.get(`${run.workspace_id} ${hash}`) })
  }
  return looked
}

type Keyed = Ready & { readonly hash: string; readonly ttl_ms: number }

/** Reruns, and what these have begun, however deep, do the work again. */
const redoneOf = async (step: Step, keyed: readonly Keyed[]): Promise<ReadonlySet<string>> => {
  const runs = new Set(keyed.map(({ run }) => run))
  const redone = [...runs].filter(({ trigger }) => trigger === "rerun").map(({ id }) => id)
  const parts = [...runs].filter(({ trigger }) => trigger === "parent").map(({ id }) => id)
  const wholes = parts.length === 0 ? [] : await step.rows.wholes(parts)
  return new Set([...redone, ...wholes.filter(({ of_rerun }) => of_rerun).map(({ id }) => id)])
}

/** All that makes the task what it is belongs to the key: a changed command isn't answered by what the old one wrote. */
const hashOf = ({ task, run, plan, planned }: Ready, readKey: () => unknown): string | ExpressionError => {
  try {
    const { name, uses, with: given, env, outputs, artifacts, fetch, bundle, secrets } = planned
    const definition = { uses, given, env, shared: plan.env, outputs, artifacts, fetch, bundle, secrets }
    const item = task.item === null ? undefined : { value: task.payload ?? null }
    const text = canonicalJson({ workflow: run.workflow, name, key: readKey(), definition, item })
    return createHash("sha256").update(text).digest("hex")
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    return error
  }
}
