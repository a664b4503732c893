import type { Life } from "#services/scheduler/memory/life.ts"
import { checkRest, isAtRest } from "./checks/rest.ts"
import { createNetwork, type Network } from "./network.ts"
import { createScheduler } from "./scheduler.ts"
import { actAtRandom, resumeAll, setQueue } from "./users.ts"
import { createWorker } from "./worker.ts"
import { workspaces } from "./workload.ts"
import { createWorld, type World } from "./world.ts"

export type Outcome = {
  readonly seed: number
  /** What went against a promise, and when. */
  readonly failure: string | undefined
  readonly at_ms: number
  /** How much there was. */
  readonly counts: { readonly runs: number; readonly tasks: number; readonly attempts: number }
}

const rough_ms = { least: 5_000, most: 25_000 }

/** Leases, outages and what is left of timers and retries. */
const max_quiet_ms = 300_000

/** One world from one seed: first everything goes wrong, then nothing does. */
export const simulate = async (seed: number, write?: (line: string) => void): Promise<Outcome> => {
  const world = createWorld(seed, write)
  const { clock, chance, tables } = world
  const network = createNetwork(world)
  const names = Array.from({ length: chance.between(1, 3) }, (_, index) => `scheduler ${index + 1}`)
  for (const name of names) keepScheduler(world, network, name)
  const workers = Array.from({ length: chance.between(1, 3) }, (_, index) => `worker ${index + 1}`)
  for (const owner of workspaces) {
    for (let number = chance.between(1, 2); number > 0; number--) workers.push(`worker of ${owner} ${number}`)
  }
  for (const name of workers) keepWorker(world, network, name)
  const quiet_ms = chance.between(rough_ms.least, rough_ms.most)
  for (let settings = chance.between(0, 4); settings > 0; settings--) void setQueue(world)
  act(world, network)
  clock.in(quiet_ms, () => calm(world, network))
  let rest = false
  await clock.run(() => {
    rest = clock.now() > quiet_ms + 1_000 && isAtRest(tables)
    return !rest && world.failures.length === 0 && clock.now() < quiet_ms + max_quiet_ms
  })
  if (!rest) attempt(world, () => checkRest(tables))
  return outcomeOf(world)
}

const attempt = ({ failures }: World, check: () => void): void => {
  try {
    check()
  } catch (error) {
    failures.push(error)
  }
}

const outcomeOf = ({ seed, failures, clock, tables }: World): Outcome => {
  const [failure] = failures
  let attempts = 0
  for (const task of tables.tasks.values()) attempts += task.attempt
  const told = failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)
  return {
    ...{ seed, at_ms: clock.now(), failure: failures.length === 0 ? undefined : told },
    counts: { runs: tables.runs.size, tasks: tables.tasks.size, attempts },
  }
}

const act = (world: World, network: Network): void => {
  const { clock, chance, weather, expected } = world
  if (!weather.rough) return
  void actAtRandom(world, network).catch(expected)
  clock.in(chance.between(50, 1_000), () => act(world, network))
}

const calm = (world: World, network: Network): void => {
  world.weather.rough = false
  world.trace(() => "from now on nothing goes wrong")
  const resume = () => {
    const scheduler = network.schedulers.find(
      ({ life }) => life.alive && life.stopped_until_ms <= world.clock.now(),
    )
    if (scheduler) void resumeAll(world, scheduler)
    world.clock.in(2_000, resume)
  }
  resume()
}

/** A process that dies is started again after a while, with nothing of what it had in memory. */
const keepScheduler = (world: World, network: Network, name: string): void => {
  const scheduler = createScheduler(world, name)
  network.schedulers.push(scheduler)
  world.deaths.set(scheduler.life, () => {
    world.clock.in(world.chance.between(10, world.chance.happens(0.7) ? 300 : 8_000), () => {
      network.schedulers.splice(network.schedulers.indexOf(scheduler), 1)
      keepScheduler(world, network, name)
    })
  })
  trouble(world, scheduler.life, name)
}

const keepWorker = (world: World, network: Network, name: string): void => {
  const worker = createWorker(world, network, name)
  world.deaths.set(worker.life, () => {
    world.clock.in(world.chance.between(10, 10_000), () => keepWorker(world, network, name))
  })
  const { chance, clock, weather } = world
  if (chance.happens(0.2)) {
    clock.in(chance.between(3_000, 30_000), () => (weather.rough ? worker.leave() : undefined), worker.life)
  }
  trouble(world, worker.life, name)
}

/** Now and then it is killed, or stopped for a while, short or longer than its lease. */
const trouble = (world: World, life: Life, name: string): void => {
  const { clock, chance, weather } = world
  clock.in(chance.between(500, 15_000), () => {
    if (!weather.rough || !life.alive) return
    if (chance.happens(0.5)) world.kill(life, name)
    else {
      const wait_ms = chance.happens(0.5) ? chance.between(100, 4_000) : chance.between(6_000, 22_000)
      world.trace(() => `${name} stands still for ${wait_ms} ms`)
      world.stop(life, wait_ms)
      trouble(world, life, name)
    }
  })
}
