import type { Session } from "#services/scheduler/memory/database.ts"
import { startChildren, startIn } from "#services/scheduler/memory/start.ts"
import type { Prepared, RunStart } from "#services/scheduler/run/start.ts"
import type { Child } from "#services/scheduler/wait/waits.ts"
import type { Scheduler } from "./scheduler.ts"
import type { World } from "./world.ts"

type Process = Pick<Scheduler, "name" | "engine">

type Beginning = { readonly session: Session; readonly start: RunStart }

export const beginIn = async (
  world: World,
  { name, engine }: Process,
  { session, start }: Beginning,
): Promise<void> => {
  for (const started of await startIn(engine, session, [start])) traceStart(world, name, started)
}

export const beginChildren = async (
  world: World,
  { name, engine }: Process,
  { session, asked }: { readonly session: Session; readonly asked: readonly Child[] },
): Promise<void> => {
  const started = await startChildren(engine, session, asked)
  for (const start of started) traceStart(world, name, start)
}

const traceStart = ({ trace }: World, name: string, { plan, run_id, trigger }: Prepared): void => {
  const shape = plan.tasks.map(
    (task) => `${task.name}[${task.needs}]${task.when === "success" ? "" : task.when}`,
  )
  trace(() => `${name} starts ${run_id}, ${trigger}: ${shape.join(" ")}`)
}
