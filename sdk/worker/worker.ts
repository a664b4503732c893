import type { Client } from "../client.ts"
import { rest } from "../follow.ts"
import { type ClientOptions, createTransport, transportOf } from "../transport.ts"
import { workerApi } from "./api.ts"
import { Stopped, type WorkFunction } from "./attempt.ts"
import { beat, claimAll } from "./claim.ts"
import { createShipper } from "./log.ts"
import type { State, Trouble } from "./state.ts"

/** The client that is there already, or what one is made with. */
type Platform =
  | ({ readonly client: Client } & { readonly [Option in keyof ClientOptions]?: never })
  | ClientOptions

export type WorkerOptions = Platform & {
  /** By the names that tasks call them by: `uses: function`, `with: {name}`. */
  readonly functions?: Readonly<Record<string, WorkFunction>>
  /** By the types of the jobs that they take. */
  readonly jobs?: Readonly<Record<string, WorkFunction>>
  /** How it is listed. */
  readonly name?: string
  /** How many tasks it runs at once; 10 when left out. */
  readonly slots?: number
  /** The queues it takes from; all when left out. */
  readonly queues?: readonly string[]
  /** The one queue it takes from. */
  readonly queue?: string
  readonly labels?: Readonly<Record<string, string>>
  /** Hears of what goes wrong and is tried again, such as a platform that is away. */
  readonly onTrouble?: (trouble: Trouble) => void
}

export type Worker = {
  /**
   * Works until it is stopped, or told to by SIGTERM or SIGINT; goes on when the platform comes back. Throws what the
   * platform refuses for good.
   */
  run(): Promise<void>
  /** Takes nothing new, gives what runs so long to end (10 s when left out), and hands back the rest. */
  stop(limit_ms?: number): Promise<void>
}

const usual_slots = 10
const usual_limit_ms = 10_000
const flush_ms = 2_000
const settle_ms = 20
/** How long what was stopped may take to end and be reported. */
const abort_ms = 6_000

export const createWorker = (options: WorkerOptions): Worker => {
  const state = createState(options)
  let working: Promise<void> | undefined
  let stopped: Promise<void> | undefined
  const stop = (limit_ms = usual_limit_ms): Promise<void> => {
    stopped ??= drain(state, limit_ms)
    return stopped
  }
  return {
    stop,
    run() {
      working ??= work(state, stop)
      return working
    },
  }
}

const createState = (options: WorkerOptions): State => {
  const {
    functions = {},
    jobs = {},
    name = "worker",
    slots = usual_slots,
    queue,
    queues = queue === undefined ? ["*"] : [queue],
    labels,
    onTrouble,
  } = options
  const api = workerApi("client" in options ? transportOf(options.client) : createTransport(options))
  const work = new Map<string, WorkFunction>()
  for (const [own, call] of Object.entries(functions)) work.set(`function ${own}`, call)
  for (const [type, call] of Object.entries(jobs)) work.set(`job ${type}`, call)
  const names = { functions: Object.keys(functions), job_types: Object.keys(jobs) }
  return {
    ...{
      api,
      work,
      shipper: createShipper(api),
      stopping: new AbortController(),
      over: new AbortController(),
    },
    wanted: { name, slots, ...names, queues: [...queues], labels: { ...labels } },
    onTrouble: onTrouble ?? (() => undefined),
    ...{ running: new Map(), done: [], session: undefined, opening: undefined, reporting: undefined },
    ...{ taken: 0, wake: () => undefined },
  }
}

const signals = ["SIGTERM", "SIGINT"] as const

const work = async (state: State, stop: () => Promise<void>): Promise<void> => {
  const told = () => void stop()
  for (const signal of signals) globalThis.process?.once(signal, told)
  const over = new AbortController()
  const beating = beatAll(state, over.signal)
  try {
    await claimAll(state)
  } finally {
    await stop()
    over.abort()
    await beating
    for (const signal of signals) globalThis.process?.off(signal, told)
  }
}

const beatAll = async (state: State, over: AbortSignal): Promise<void> => {
  while (!over.aborted) {
    const { session } = state
    await rest(session?.heartbeat_ms ?? settle_ms, over)
    if (session && session === state.session && !over.aborted) await beat(state, session)
  }
}

const drain = async (state: State, limit_ms: number): Promise<void> => {
  state.stopping.abort()
  state.wake()
  await emptied(state, limit_ms)
  for (const { stop } of state.running.values())
    stop.abort(new Stopped("unwanted", "The worker is being stopped."))
  await emptied(state, abort_ms)
  state.over.abort()
  // What the platform still counts as held goes back to its queue at once.
  const { session } = state
  if (session)
    await state.api.leave(session.worker_id).catch((error) => state.onTrouble({ doing: "leave", error }))
  await state.shipper.flush(flush_ms)
}

const emptied = async (state: State, limit_ms: number): Promise<void> => {
  const until_ms = performance.now() + limit_ms
  const isBusy = () => state.running.size > 0 || state.done.length > 0 || state.reporting !== undefined
  while (isBusy() && performance.now() < until_ms) await rest(settle_ms, undefined)
}
