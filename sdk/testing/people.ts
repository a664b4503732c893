import type { Actor } from "#kernel/auth/actor.ts"
import { isTerminal, type StoredRun, type StoredTask } from "#services/scheduler/memory/tables.ts"
import { transactionIn } from "#services/scheduler/memory/transaction.ts"
import { performOn } from "#services/scheduler/step/perform.ts"
import { answerIn } from "#services/scheduler/wait/answer.ts"
import { deliverIn } from "#services/scheduler/wait/deliver.ts"
import type { Approval } from "#services/scheduler/wait/waits.ts"
import { type Bench, workspace_id as test_workspace } from "./bench.ts"
import type { Calling } from "./calls.ts"
import type { Decide, Decision } from "./options.ts"

/** Sends what was given beforehand to a run that has just begun. */
export const sendSignals = async (
  { bench, run: { signals = {} } }: Calling,
  run: StoredRun,
): Promise<void> => {
  const plan = bench.tables.plans.get(run.plan_id)
  const known = new Set(plan?.tasks.flatMap(({ wait }) => (wait?.for === "signal" ? [wait.name] : [])))
  for (const [name, data] of Object.entries(signals)) {
    if (typeof data !== "function" && known.has(name) && !isTerminal(run))
      await send(bench, run.id, { name, data })
  }
}

type Signal = { readonly name: string; readonly data: unknown }

const send = ({ transact, engine, workspace_id }: Bench, run_id: string, signal: Signal): Promise<unknown> =>
  transact((session) =>
    performOn(engine, transactionIn(session), (step) =>
      deliverIn(engine, step, { ...signal, workspace_id, run_id }),
    ),
  )

/** Asks the test what people say to a task that has begun to wait; each is asked for once. */
export const answer = async (calling: Calling, task: StoredTask): Promise<void> => {
  const { wait, run_id } = task
  const { bench, run } = calling
  if (run_id === null) return
  if (wait?.for === "signal") {
    const given = run.signals?.[wait.name]
    const data: unknown = typeof given === "function" ? given({ task: task.task }) : undefined
    if (data !== undefined) await send(bench, run_id, { name: wait.name, data })
  }
  if (wait?.for === "approval") await decide(calling, task, wait)
}

const decide = async ({ bench, run }: Calling, task: StoredTask, asked: Approval): Promise<void> => {
  const { transact, engine } = bench
  const workflow = bench.tables.runs.get(task.run_id ?? "")?.workflow ?? ""
  const given = run.approvals?.[task.task.replace(/\[\d+\]$/, "")]
  const said =
    typeof given === "function" ? given({ task: task.task, workflow, message: asked.message }) : given
  for (const [index, { approved, comment = "", by }] of decisionsOf(said, asked).entries()) {
    const actor = actorOf(by ?? asked.people[index] ?? `person-${index + 1}@example.test`)
    await transact((session) =>
      performOn(engine, transactionIn(session), (step) =>
        answerIn(engine, step, { actor, run_id: task.run_id ?? "", task: task.task, approved, comment }),
      ),
    )
  }
}

const decisionsOf = (
  said: Exclude<Decide, (...given: never) => unknown>,
  { approvals }: Approval,
): readonly Decision[] => {
  if (said === undefined) return []
  if (typeof said === "boolean")
    return Array.from({ length: said ? approvals : 1 }, () => ({ approved: said }))
  return "approved" in said ? [said] : said
}

/** Who decides in a test may: by role, or by being named. */
const actorOf = (email: string): Actor => ({
  ...{ kind: "user", user_id: email, email, workspace_id: test_workspace, role: "owner", grant_id: "" },
})
