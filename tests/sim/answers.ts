import type { Actor } from "#kernel/auth/actor.ts"
import type { StoredTask } from "#services/scheduler/memory/tables.ts"
import { isTerminal } from "#services/scheduler/memory/tables.ts"
import { transactionIn } from "#services/scheduler/memory/transaction.ts"
import { performOn } from "#services/scheduler/step/perform.ts"
import { answerIn } from "#services/scheduler/wait/answer.ts"
import { deliverIn } from "#services/scheduler/wait/deliver.ts"
import type { Scheduler } from "./scheduler.ts"
import type { World } from "./world.ts"

type Answer = { readonly task: StoredTask; readonly person: number; readonly approved: boolean }

/** Somebody says what a task waits for, or will wait for; also twice, too early and too late. */
export const answerAny = async (world: World, scheduler: Scheduler): Promise<void> => {
  const { chance, tables } = world
  const all = [...tables.tasks.values()].filter(({ type }) => type === "signal" || type === "approval")
  const open = all.filter((task) => !isTerminal(task))
  const some = open.length > 0 && chance.happens(0.9) ? open : all
  if (some.length === 0) return
  const answer = { task: chance.pick(some), person: chance.between(1, 3), approved: chance.happens(0.8) }
  await say(world, scheduler, answer)
}

/** Nothing is left waiting for people. */
export const answerAll = async (world: World, scheduler: Scheduler): Promise<void> => {
  for (const task of [...world.tables.tasks.values()]) {
    if (task.status !== "waiting") continue
    for (const person of [1, 2]) {
      await say(world, scheduler, { task, person, approved: true }).catch(world.expected)
    }
  }
}

const say = async (world: World, { life, engine, name }: Scheduler, answer: Answer): Promise<void> => {
  const { task, person, approved } = answer
  const { run_id, workspace_id } = task
  if (run_id === null || (task.type !== "signal" && task.type !== "approval")) return
  world.trace(() => `${name}: person ${person} says ${approved} to ${task.id}`)
  await world.database.tx(life, async (session) => {
    await performOn(engine, transactionIn(session), async (step) => {
      if (task.type === "approval") {
        await answerIn(engine, step, {
          actor: actorOf(person, workspace_id),
          run_id,
          task: task.task,
          approved,
          comment: "",
        })
        return
      }
      const wait = world.tables.plans.get(world.tables.runs.get(run_id)?.plan_id ?? "")?.tasks[task.idx]?.wait
      const signal = wait?.for === "signal" ? wait.name : ""
      await deliverIn(engine, step, { workspace_id, run_id, name: signal, data: { person } })
    })
  })
}

const actorOf = (person: number, workspace_id: string): Actor => ({
  ...{ kind: "user", user_id: `person ${person}`, email: "", workspace_id, role: "operator" },
  grant_id: "",
})
