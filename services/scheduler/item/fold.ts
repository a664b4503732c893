import { countsAsFailure, type Ended as EndedTask } from "#language/decide.ts"
import { itemName } from "#language/each.ts"
import { limits } from "#language/limits.ts"
import type { Plan } from "#language/plan.ts"
import { taskRunId } from "#language/run-id.ts"
import { isSpared } from "../run/spared.ts"
import type { Output, RunRow, TaskRow } from "../step/rows.ts"
import type { Ended, Step } from "../step/step.ts"
import { cancelTask } from "../task/cancel.ts"
import { type Outputs, toldBy } from "../task/outputs.ts"
import { tellEnded } from "../task/tell-ended.ts"
import { placesOf, templateOf } from "./templates.ts"

type PlannedRun = { readonly run: RunRow; readonly plan: Plan }
type Fault = { readonly code: string; readonly message: string }
type Values = Readonly<Record<string, unknown>>

/** Ends tasks all of whose items have ended. What is being stopped ends as cancelled, unless all of it was done. */
export const fold = async (
  step: Step,
  planned: PlannedRun,
  templates: readonly TaskRow[],
): Promise<readonly EndedTask[]> => {
  const ended: EndedTask[] = []
  let told: Outputs | undefined
  for (const task of templates) {
    const { run } = planned
    const isStopped = run.reason !== null && !isSpared(run, planned.plan.tasks[task.idx])
    if (task.needs_bad > 0 && isStopped) {
      if (cancelTask(step, task, { run, reason: run.reason }))
        ended.push({ idx: task.idx, outcome: "cancelled" })
      continue
    }
    told ??= toldBy(step)
    const items = await itemsOf(step, { run, task, told })
    const end = endOf(planned.plan, task, items)
    ended.push(
      "error" in end
        ? failTemplate(step, planned, { task, ...end })
        : settle(step, planned, { task, ...end }),
    )
  }
  return ended
}

type Folding = { readonly run: RunRow; readonly task: TaskRow; readonly told: Outputs }

/** Undefined where they have too many outputs. */
const itemsOf = async (step: Step, { run, task, told }: Folding): Promise<readonly Output[] | undefined> => {
  const places = placesOf(run.id, templateOf(task))
  const ids = Array.from({ length: places.count }, (_, index) => taskRunId(run.id, places.first + index))
  if (ids.every((one) => told.has(one))) return ids.flatMap((one) => told.get(one) ?? [])
  const stored = await step.rows.outputsAt(places, limits.max_outputs_bytes)
  if (!stored) return undefined
  const found = new Map([...stored.map((row) => [row.id, row] as const), ...told])
  return ids.flatMap((one) => found.get(one) ?? [])
}

type End = { readonly outputs: Values } | { readonly error: Fault }

const endOf = (plan: Plan, task: TaskRow, items: readonly Output[] | undefined): End => {
  if (task.needs_bad > 0) return { error: { code: "items.failed", message: failure(task, items) } }
  const outputs = items && listed(items, plan.tasks[task.idx]?.outputs ?? [])
  if (outputs) return { outputs }
  // Where nobody reads them, nothing is lost: each item still has its own.
  const isRead = plan.outputs !== undefined || plan.tasks.some(({ reads }) => reads.includes(task.idx))
  if (!isRead) return { outputs: {} }
  const message = `The outputs of its items have more than ${limits.max_outputs_bytes} bytes in all, and another task reads them: keep them smaller, or hand files on as artifacts.`
  return { error: { code: "items.outputs_too_large", message } }
}

/** By key the list of what the items wrote, null where one wrote nothing; undefined if that is too much. */
const listed = (items: readonly Output[], declared: readonly string[]): Values | undefined => {
  const names = new Set([...declared, ...items.flatMap(({ outputs }) => Object.keys(outputs ?? {}))])
  if (names.size * items.length > limits.max_outputs_bytes) return undefined
  const outputs = Object.fromEntries(
    [...names].map((name) => [
      name,
      items.map(({ outputs }) => (outputs && Object.hasOwn(outputs, name) ? outputs[name] : null)),
    ]),
  )
  return Buffer.byteLength(JSON.stringify(outputs)) > limits.max_outputs_bytes ? undefined : outputs
}

const max_named = 5

const failure = (task: TaskRow, items: readonly Output[] | undefined): string => {
  if (!items) return `${task.needs_bad} of its items did not complete.`
  const failed = [...items.entries()].filter(([, { status }]) => status === "failed").map(([index]) => index)
  const cancelled = items.filter(({ status }) => status === "cancelled").length
  const named = failed.slice(0, max_named).map((index) => itemName(task.task, index))
  const more = failed.length > max_named ? ", …" : ""
  const rest = cancelled > 0 ? `; ${cancelled} ${cancelled === 1 ? "was" : "were"} cancelled` : ""
  return `${failed.length} of ${items.length} items failed: ${named.join(", ")}${more}${rest}.`
}

export const failTemplate = (
  step: Step,
  planned: PlannedRun,
  { task, error }: { readonly task: TaskRow; readonly error: Fault },
): EndedTask => end(step, planned, { task, outcome: "failed", error, outputs: null })

const settle = (
  step: Step,
  planned: PlannedRun,
  { task, outputs }: { readonly task: TaskRow; readonly outputs: Values },
): EndedTask => end(step, planned, { task, outcome: "completed", error: null, outputs })

type Ending = {
  readonly task: TaskRow
  readonly outcome: "completed" | "failed"
  readonly error: Fault | null
  readonly outputs: Values | null
}

const end = (step: Step, { run, plan }: PlannedRun, { task, outcome, error, outputs }: Ending): EndedTask => {
  const settlement = { task_run_id: task.id, token: items, outcome, ...(outputs && { outputs }) }
  const ended: Ended = { task, settlement, token: items, delay_ms: null, error }
  Object.assign(task, { status: outcome, needs_left: 0, reason: error?.code ?? null })
  run.open -= 1
  const planned = plan.tasks[task.idx]
  if (planned && countsAsFailure(planned, outcome)) run.bad += 1
  step.decided.counted.delete(task)
  step.decided.folded.push(ended)
  tellEnded(step, ended)
  return { idx: task.idx, outcome }
}

const items = "items"
