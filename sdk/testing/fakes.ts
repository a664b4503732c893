import type { WorkContext } from "#sdk/worker/attempt.ts"
import type { WorkLog } from "#sdk/worker/log.ts"
import type { Fake, FakeCall, TestRun } from "./options.ts"
import type { TestPlan } from "./plan.ts"

type Wanted = Pick<FakeCall, "task" | "type" | "with" | "workflow">

const nothing: Fake = () => ({})

/** The task's own, its function, or its type's. Throws where there is none: a test is never silently about less. */
export const fakeFor = (run: TestRun, wanted: Wanted): Fake => {
  const { tasks = {}, types = {} } = run
  const base = wanted.task.replace(/\[\d+\]$/, "")
  const own = tasks[`${wanted.workflow}.${base}`] ?? tasks[base]
  if (own) return own
  const called = wanted.type === "function" ? functionOf(run, wanted) : undefined
  const found = called ?? types[wanted.type] ?? (wanted.type === "noop" ? nothing : undefined)
  if (found) return found
  throw new Error(missing(wanted))
}

const missing = ({ task, type, workflow, with: { name } }: Wanted): string => {
  const base = JSON.stringify(task.replace(/\[\d+\]$/, ""))
  const other =
    type === "function"
      ? `\`functions: { ${JSON.stringify(name)}: … }\``
      : `\`types: { ${JSON.stringify(type)}: … }\``
  return `The task ${base} (${type}) of ${workflow} has no fake: add \`tasks: { ${base}: () => ({ … }) }\` or ${other}.`
}

const silent: WorkLog = Object.assign(() => undefined, { error: () => undefined })

const functionOf = ({ functions = {} }: TestRun, { with: given }: Wanted): Fake | undefined => {
  const work = functions[String(given.name)]
  if (!work) return undefined
  return (call) => {
    const { task, workflow, attempt, run_id, env, secrets, signal } = call
    const about = { task_run_id: `${run_id} ${task}`, run_id, workflow, task, attempt, env, secrets, signal }
    const context: WorkContext = { ...about, log: silent, heartbeat: () => undefined }
    return work((given.input ?? null) as never, context)
  }
}

/** What is given for a task that isn't there would never be called. */
export const checkNames = (run: TestRun, { plans }: TestPlan): void => {
  const all = [...plans.values()].flatMap((plan) => plan.tasks)
  const tasks = all.map(({ name }) => name)
  const of_parts = [...plans.values()].flatMap((plan) =>
    plan.tasks.map(({ name }) => `${plan.workflow}.${name}`),
  )
  const approvals = all.filter(({ wait }) => wait?.for === "approval").map(({ name }) => name)
  const signals = all.flatMap(({ wait }) => (wait?.for === "signal" ? [wait.name] : []))
  checkKnown("tasks", run.tasks, tasks, of_parts)
  checkKnown("approvals", run.approvals, approvals)
  checkKnown("signals", run.signals, signals)
}

const checkKnown = (
  what: string,
  given: object | undefined,
  ...[known, more = []]: readonly [readonly string[], (readonly string[])?]
): void => {
  const all = new Set([...known, ...more])
  const strange = Object.keys(given ?? {}).filter((name) => !all.has(name))
  if (strange.length === 0) return
  const names = known.length === 0 ? "there are none" : `there are ${[...new Set(known)].join(", ")}`
  throw new Error(`${what}: the workflow has no ${strange.join(", ")}; ${names}.`)
}
