import { type Actor, allow } from "#kernel/auth/actor.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { canonicalJson } from "#language/canonical-json.ts"
import { misfits } from "#language/fits.ts"
import { limits } from "#language/limits.ts"
import type { PlanTask } from "#language/plan.ts"
import { taskRunId } from "#language/run-id.ts"
import type { Wait } from "#language/wait.ts"
import type { Engine } from "../engine.ts"
import { isOpenTemplate } from "../item/templates.ts"
import { endRuns } from "../run/end.ts"
import { joinRuns, loadOpenTasks } from "../run/load.ts"
import { lockOwnRun, type OwnRun } from "../run/lock.ts"
import { performIn } from "../step/perform.ts"
import type { RunRow, TaskRow } from "../step/rows.ts"
import { planOfRun, type Step } from "../step/step.ts"
import { advanceRuns } from "../task/advance.ts"
import { asOutputs } from "./decide.ts"
import { endWait } from "./end.ts"

export type GivenSignal = { readonly run_id: string; readonly name: string; readonly data: unknown }

/** Whether a task took the signal, or it is kept for one that will wait for it. */
export type Delivered = { readonly delivered: boolean; readonly tasks: readonly string[] }

/** Ends what waits for the signal. One that comes too early is kept; the same one sent again changes nothing. */
export const deliverSignal =
  (engine: Engine) =>
  (actor: Actor, given: GivenSignal): Promise<Delivered> => {
    allow(actor, "run.signal")
    const { workspace_id } = actor
    if (Buffer.byteLength(JSON.stringify(given.data ?? null)) > limits.max_outputs_bytes) {
      const message = `a signal has at most ${limits.max_outputs_bytes} bytes`
      throw new Problem("signal.invalid", { errors: [{ path: "data", message }], detail: `data: ${message}` })
    }
    return engine.database.tx(async (sql) => {
      const { answer } = await performIn(engine, sql, (step) =>
        deliverIn(engine, step, { ...given, workspace_id }),
      )
      return answer
    })
  }

export const deliverIn = async (
  engine: Engine,
  step: Step,
  { name, data, ...own }: GivenSignal & OwnRun,
): Promise<Delivered> => {
  const run = await lockOwnRun(step, own)
  await joinRuns(engine, step, [run])
  const waiters = waitersOf(step, run, name)
  await loadOpenTasks(step, run.id)
  const places = new Set(waiters.map(({ idx }) => idx))
  // Of a task with items each waits by itself.
  const open = [...step.tasks.values()].filter(
    (task) => task.run_id === run.id && places.has(task.idx) && !isOpenTemplate(task),
  )
  for (const task of open) checkData(waiters, task, data)
  const waiting = open.filter(({ status }) => status === "waiting")
  if (waiting.length > 0) {
    for (const task of waiting) endWait(step, task, { status: "completed", outputs: asOutputs(data) })
    await advanceRuns(step)
    await endRuns(step)
    return { delivered: true, tasks: waiting.map(({ task }) => task) }
  }
  const names = open.map(({ task }) => task)
  if (names.length === 0) return refuseLate(step, run, { waiters, name, data })
  return keep(step, { run_id: run.id, name, data }, names)
}

type Waiter = Pick<PlanTask, "idx" | "name"> & { readonly wait: Extract<Wait, { for: "signal" }> }

const waitersOf = (step: Step, run: RunRow, name: string): readonly Waiter[] => {
  const all = (planOfRun(step, run)?.tasks ?? []).flatMap(({ idx, name: task, wait }): Waiter[] =>
    wait?.for === "signal" ? [{ idx, name: task, wait }] : [],
  )
  const found = all.filter(({ wait }) => wait.name === name)
  if (found.length > 0) return found
  const names = [...new Set(all.map(({ wait }) => `\`${wait.name}\``))].slice(0, 20)
  const known =
    names.length === 0 ? "No task of it waits for signals." : `Its tasks wait for ${names.join(", ")}.`
  throw new Problem("signal.unknown", { detail: `The run ${run.id} knows no signal \`${name}\`. ${known}` })
}

const checkData = (waiters: readonly Waiter[], { idx, task }: TaskRow, data: unknown): void => {
  const schema = waiters.find((waiter) => waiter.idx === idx)?.wait.schema
  if (!schema) return
  const errors = misfits(schema, data ?? {}).map(({ path, message }) => ({
    path: ["data", ...path].join("."),
    message,
  }))
  if (errors.length === 0) return
  const detail = errors.map(({ path, message }) => `${path}: ${message}`).join("; ")
  throw new Problem("signal.invalid", { errors, detail: `The task \`${task}\` can't take it: ${detail}.` })
}

const keep = async (step: Step, signal: GivenSignal, tasks: readonly string[]): Promise<Delivered> => {
  const [known] = await step.rows.signals([signal])
  if (known && !isSame(known.data, signal.data)) {
    throw new Problem("signal.kept", {
      detail: `A signal \`${signal.name}\` with other data came before and waits for ${tasks.join(", ")}.`,
    })
  }
  if (!known) step.decided.waits.kept.push(signal)
  return { delivered: false, tasks }
}

const isSame = (one: unknown, other: unknown): boolean =>
  canonicalJson(one ?? null) === canonicalJson(other ?? null)

type Late = { readonly waiters: readonly Waiter[]; readonly name: string; readonly data: unknown }

/** Who sends it again because no answer came is told that it was taken. */
const refuseLate = async (step: Step, run: RunRow, { waiters, name, data }: Late): Promise<Delivered> => {
  const ended = await step.rows.outputs(waiters.map(({ idx }) => taskRunId(run.id, idx)))
  const same = ended.filter(
    ({ status, outputs }) => status === "completed" && isSame(outputs ?? {}, asOutputs(data)),
  )
  const names = waiters.map((waiter) => waiter.name)
  if (same.length > 0) return { delivered: true, tasks: names }
  const which =
    names.length === 1 ? `The task ${names[0]} has` : `The tasks ${names.slice(0, 20).join(", ")} have`
  throw new Problem("signal.not_awaited", { detail: `${which} ended; \`${name}\` came too late.` })
}
