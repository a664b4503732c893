import { type ExpressionContext, ExpressionError, interpolate } from "#language/expressions.ts"
import { checkInputs } from "#language/inputs.ts"
import type { Plan } from "#language/plan.ts"
import { pinKey, pinnedIn } from "#language/subworkflows.ts"
import type { Wait } from "#language/wait.ts"
import type { TaskRow } from "../step/rows.ts"
import type { Waiting } from "../wait/waits.ts"
import { childRunId } from "./id.ts"

type Expecting = {
  readonly task: TaskRow
  readonly plan: Plan
  readonly wait: Extract<Wait, { for: "workflow" }>
  readonly now: Date
}

/** That a task waits for a run of its own, which is to begin. Throws an ExpressionError. */
export const expectRun = (
  { task, plan, wait, now }: Expecting,
  context: ExpressionContext,
): Pick<Waiting, "waited" | "timers"> => {
  const pinned = pinnedIn(plan, wait)
  if (!pinned) throw new ExpressionError(`this run was started without ${pinKey(wait)}: start it anew`)
  const { workflow, version } = pinned
  const checked = checkInputs({ inputs: pinned.plan.inputs }, interpolate(wait.inputs, context), now)
  if (!checked.ok) {
    const faults = checked.errors.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`))
    throw new ExpressionError(`the inputs don't fit ${workflow}, version ${version}: ${faults.join("; ")}`)
  }
  const { timeout_ms } = wait
  const until = timeout_ms === undefined ? null : new Date(now.getTime() + timeout_ms).toISOString()
  const limit = timeout_ms === undefined ? [] : [{ kind: "wait_timeout" as const, after_ms: timeout_ms }]
  return {
    waited: {
      ...{ for: "workflow", workflow, version, run_id: childRunId(task.id), until },
      inputs: checked.values,
    },
    timers: [{ kind: "begin", after_ms: 0 }, ...limit],
  }
}
