import type { Caller } from "#kernel/audit/caller.ts"
import { type Deed, record } from "#kernel/audit/record.ts"
import { type Actor, allow } from "#kernel/auth/actor.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { taskRunId } from "#language/run-id.ts"
import type { Engine } from "../engine.ts"
import { itemId } from "../item/templates.ts"
import { loadTasks } from "../item/unfold.ts"
import { endRuns } from "../run/end.ts"
import { joinRuns } from "../run/load.ts"
import { lockOwnRun } from "../run/lock.ts"
import { readTaskRuns } from "../run/read.ts"
import type { TaskRun } from "../run/shape.ts"
import { performIn } from "../step/perform.ts"
import type { RunRow, TaskRow } from "../step/rows.ts"
import { planOfRun, type Step } from "../step/step.ts"
import { advanceRuns } from "../task/advance.ts"
import { decided, mayDecide, outcomeOf, withDecision } from "./approval.ts"
import { endWait } from "./end.ts"
import type { Approval } from "./waits.ts"

type Answer = {
  readonly run_id: string
  readonly task: string
  readonly approved: boolean
  readonly comment: string
}

/** Approves or rejects; saying the same again changes nothing. */
export const answerApproval =
  (engine: Engine) =>
  (actor: Caller, answer: Answer): Promise<TaskRun> => {
    allow(actor, "task.decide")
    return engine.database.tx(async (sql) => {
      const { answer: given } = await performIn(engine, sql, async (step) => {
        const id = await answerIn(engine, step, { ...answer, actor })
        return { id, isNew: step.decided.waits.changed.some(({ task }) => task.id === id) }
      })
      const shown = (await readTaskRuns(sql, answer.run_id)).find((task) => task.id === given.id)
      if (!shown) throw new Problem("task.not_found")
      await record(sql, actor, given.isNew ? [answerDeed(answer)] : [])
      return shown
    })
  }

/** What is said with it is with the task, for those who may see that. */
const answerDeed = ({ run_id, task, approved }: Answer): Deed => ({
  action: approved ? "approval.approved" : "approval.rejected",
  subject: { kind: "task", id: run_id, name: task },
  details: { run: run_id },
})

/** Answers the task run's id. */
export const answerIn = async (
  engine: Engine,
  step: Step,
  { actor, run_id, task: name, approved, comment }: Answer & { readonly actor: Actor },
): Promise<string> => {
  const run = await lockOwnRun(step, { workspace_id: actor.workspace_id, run_id })
  await joinRuns(engine, step, [run])
  const task = await findTask(step, run, name)
  const [found] = await step.rows.waits([task.id])
  const approval = found?.wait
  if (approval?.for !== "approval") throw notYet(task)
  if (!mayDecide(approval, actor)) throw notYours(task, approval, actor)
  const mine = approval.decisions.find(({ user_id }) => user_id === actor.user_id)
  if (mine?.approved === approved) return task.id
  if (task.status !== "waiting") {
    throw new Problem("approval.decided", {
      detail: `\`${name}\` has been decided already: it is ${task.status}.`,
    })
  }
  const by = actor.email === "" ? actor.user_id : actor.email
  const at = step.now.toISOString()
  const waited = withDecision(approval, { by, user_id: actor.user_id, at, approved, comment })
  step.decided.waits.changed.push({ task, waited })
  const outcome = outcomeOf(waited)
  if (outcome === undefined) return task.id
  const why = comment === "" ? `by ${by}` : `by ${by}, who says: ${comment}`
  endWait(step, task, decided(waited, { approved: outcome, why }))
  await advanceRuns(step)
  await endRuns(step)
  return task.id
}

const findTask = async (step: Step, run: RunRow, name: string): Promise<TaskRow> => {
  const plan = planOfRun(step, run)
  const [, base = name, index] = /^(.+)\[(\d+)\]$/.exec(name) ?? []
  const planned = plan?.tasks.find((task) => task.name === base)
  const approvals = (plan?.tasks ?? []).filter(({ wait }) => wait?.for === "approval")
  if (planned?.wait?.for !== "approval") {
    const names = approvals.slice(0, 20).map((task) => `\`${task.name}\``)
    const known = names.length === 0 ? "It has no approvals." : `Its approvals are ${names.join(", ")}.`
    throw new Problem("task.not_found", {
      detail: `\`${name}\` is no approval of the run ${run.id}. ${known}`,
    })
  }
  const task = await taskAt(step, taskRunId(run.id, planned.idx))
  const id = task && index !== undefined ? itemId(run.id, task, Number(index)) : undefined
  const found = index === undefined ? task : id && (await taskAt(step, id))
  if (!found) throw new Problem("task.not_found", { detail: `The run ${run.id} has no task \`${name}\`.` })
  return found
}

const taskAt = async (step: Step, id: string): Promise<TaskRow | undefined> => {
  await loadTasks(step, [id])
  return step.tasks.get(id)
}

const notYet = ({ task, status }: TaskRow): Problem =>
  new Problem("task.not_waiting", {
    detail:
      status === "pending"
        ? `The task \`${task}\` waits for nobody yet: what it needs has not ended.`
        : `The task \`${task}\` is ${status}, and nobody was asked.`,
  })

const notYours = ({ task }: TaskRow, { roles, people }: Approval, { role }: Actor): Problem => {
  const all = [
    ...roles.map((one) => `the role \`${one}\``),
    ...(people.length > 0 ? [people.slice(0, 20).join(", ")] : []),
  ]
  return new Problem("approval.not_yours", {
    detail: `\`${task}\` is decided by ${all.join(" or ")}; your role is \`${role}\`.`,
  })
}
