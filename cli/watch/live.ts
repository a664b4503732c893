import { setTimeout as wait } from "node:timers/promises"
import type { Definition } from "#language/schema.ts"
import type { Client, Run, RunEvent } from "#sdk/index.ts"
import { WfProblem } from "#sdk/problem.ts"
import type { Pressed } from "../screen/pressed.ts"
import type { Shown } from "../screen/screen.tsx"
import { type Store, storeOf } from "../screen/store.ts"
import type { Planned } from "./graph.ts"
import { answerTo, type Deed } from "./keys.ts"
import { perform } from "./perform.ts"
import { screenOf } from "./rows.ts"
import { type Change, firstState, isOver, reduce, type WatchState } from "./state.ts"
import { type Tails, tailsOf } from "./tails.ts"

/** A run that ends before this leaves no more than its summary. */
const patience_ms = 300
const flush_ms = 33
const frame_ms = 100

type WatchStore = Store<WatchState, Change>

export type Watching = {
  readonly client: Client
  readonly run_id: string
  readonly signal: AbortSignal
  /** Where it is shown; what it answers takes it off again. */
  readonly show: (shown: Shown) => Promise<() => Promise<void>>
  /** Shown from another screen: at once, and until somebody goes back. */
  readonly is_inner: boolean
}

/** How the watching ended: with the run, since somebody left, or for another run to be watched. */
export type Watched =
  | { readonly kind: "ended"; readonly state: WatchState }
  | { readonly kind: "left" }
  | { readonly kind: "interrupted" }
  | { readonly kind: "rerun"; readonly run_id: string }

/** The run as it goes on. */
export const watchLive = async (watching: Watching): Promise<Watched> => {
  const { client, run_id, signal, is_inner } = watching
  const run = await client.runs.get(run_id)
  const store = storeOf(firstState(run, await plannedOf(client, run), is_inner), reduce)
  const over = Promise.withResolvers<Watched>()
  const leave = new AbortController()
  const take = (task: string, lines: readonly string[]) => store.change({ kind: "lines", task, lines })
  const tails = tailsOf({ client, run_id, take })
  const interrupt = () => over.resolve({ kind: "interrupted" })
  signal.addEventListener("abort", interrupt)
  if (signal.aborted) interrupt()
  const events = client.runs.watch(run_id, { signal: leave.signal })
  takeEvents(store, events, () => tails.follow(store.state())).then(() => {
    // Who has begun to look around is not interrupted.
    const { is_chosen, page } = store.state()
    if (!is_inner && !is_chosen && page === "tasks") over.resolve({ kind: "ended", state: store.state() })
  }, over.reject)
  const press = pressing({ watching, store, tails, end: over.resolve })
  const hide = await shownLater(is_inner, over.promise, () => watching.show(shownOf(store, press)))
  try {
    return await over.promise
  } finally {
    signal.removeEventListener("abort", interrupt)
    leave.abort()
    tails.stop()
    await hide?.()
  }
}

const shownOf = (store: WatchStore, press: Shown["press"]): Shown => ({
  ...store,
  press,
  rows: (frame) => screenOf(store.state(), frame),
  tickMs: () => (isOver(store.state().run.status) ? undefined : frame_ms),
})

type Pressing = {
  readonly watching: Watching
  readonly store: WatchStore
  readonly tails: Tails
  readonly end: (watched: Watched) => void
}

const pressing = ({ watching: { client, run_id }, store, tails, end }: Pressing) => {
  const act = async (deed: Deed): Promise<void> => {
    if (deed.deed === "leave") {
      const state = store.state()
      end(isOver(state.run.status) ? { kind: "ended", state } : { kind: "left" })
      return
    }
    const { said, next } = await perform(client, run_id, deed)
    if (next === undefined) store.change({ kind: "said", text: said })
    else end({ kind: "rerun", run_id: next })
  }
  return (key: Pressed): void => {
    if (key === "interrupt") end({ kind: "interrupted" })
    if (store.state().said !== undefined) store.change({ kind: "said", text: undefined })
    const { look, deed } = answerTo(store.state(), key)
    if (look) store.change({ kind: "look", look })
    tails.follow(store.state())
    if (deed) void act(deed)
  }
}

/** The screen isn't taken for what is over at once. */
const shownLater = async <Hide>(
  is_inner: boolean,
  over: Promise<unknown>,
  show: () => Promise<Hide>,
): Promise<Hide | undefined> => {
  if (is_inner) return show()
  const isOverSoon = await Promise.race([
    over.then(
      () => true,
      () => true,
    ),
    wait(patience_ms, false, { ref: false }),
  ])
  return isOverSoon ? undefined : show()
}

/** What comes within a moment changes the screen at once. */
const takeEvents = async (
  store: WatchStore,
  events: AsyncIterable<RunEvent>,
  then: () => void,
): Promise<void> => {
  let waiting: RunEvent[] = []
  const flush = () => {
    if (waiting.length === 0) return
    const taken = waiting
    waiting = []
    store.change({ kind: "events", events: taken })
    then()
  }
  const timer = setInterval(flush, flush_ms)
  try {
    for await (const event of events) waiting.push(event)
  } finally {
    clearInterval(timer)
    flush()
  }
}

/** As its version has them; a sequence is what its run lists. */
const plannedOf = async (client: Client, { workflow, version }: Run): Promise<readonly Planned[]> => {
  if (version < 1) return []
  try {
    const { definition } = await client.workflows.version(workflow, version)
    const { tasks } = definition as Definition
    return Object.entries(tasks).map(([name, { needs = [] }]) => ({ name, needs }))
  } catch (error) {
    if (error instanceof WfProblem) return []
    throw error
  }
}
