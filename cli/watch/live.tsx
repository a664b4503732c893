import { render } from "ink"
import type { Definition } from "#language/schema.ts"
import type { Client, Run, RunEvent } from "#sdk/index.ts"
import { WfProblem } from "#sdk/problem.ts"
import type { Io } from "../io.ts"
import type { Planned } from "./graph.ts"
import { answerTo, type Deed, type Pressed } from "./keys.ts"
import { perform } from "./perform.ts"
import { WatchScreen } from "./screen.tsx"
import { type Change, firstState, isOver, reduce, type WatchState } from "./state.ts"
import { type Tails, tailsOf } from "./tails.ts"

/** A run that ends before this leaves no more than its summary. */
const patience_ms = 300
const flush_ms = 33
const max_fps = 30
const line_start = new TextEncoder().encode("\r")

export type Watching = { readonly client: Client; readonly run_id: string; readonly signal: AbortSignal }

/** How the watching ended: with the run, since somebody left, or for another run to be watched. */
export type Watched =
  | { readonly kind: "ended"; readonly state: WatchState }
  | { readonly kind: "left"; readonly state: WatchState }
  | { readonly kind: "rerun"; readonly run_id: string }

/** The run as it goes on, on the whole of the terminal, which is as it was before when it ends. */
export const watchLive = async (watching: Watching, io: Io): Promise<Watched> => {
  const { client, run_id, signal } = watching
  const run = await client.runs.get(run_id)
  const store = storeOf(firstState(run, await plannedOf(client, run)))
  const over = Promise.withResolvers<Watched>()
  const leave = new AbortController()
  const take = (task: string, lines: readonly string[]) => store.change({ kind: "lines", task, lines })
  const tails = tailsOf({ client, run_id, take })
  const endLeft = () => over.resolve({ kind: "left", state: store.state() })
  signal.addEventListener("abort", endLeft)
  if (signal.aborted) endLeft()
  const events = client.runs.watch(run_id, { signal: leave.signal })
  takeEvents(store, events, () => tails.follow(store.state())).then(() => {
    // Who has begun to look around is not interrupted.
    const { is_chosen, page } = store.state()
    if (!is_chosen && page === "tasks") over.resolve({ kind: "ended", state: store.state() })
  }, over.reject)
  const press = pressing({ watching, store, tails, end: over.resolve })
  const screen = await shownLater(over.promise, async () => {
    // The echo of what was typed by now would push the screen to the side.
    await io.write(line_start)
    const shown = { ...store, press, color: io.color, now: io.now }
    return render(<WatchScreen shown={shown} />, {
      ...{ alternateScreen: true, incrementalRendering: true, maxFps: max_fps },
      ...{ exitOnCtrlC: false, patchConsole: false },
    })
  })
  try {
    return await over.promise
  } finally {
    signal.removeEventListener("abort", endLeft)
    leave.abort()
    tails.stop()
    screen?.unmount()
    await screen?.waitUntilExit()
  }
}

type Pressing = {
  readonly watching: Watching
  readonly store: Store
  readonly tails: Tails
  readonly end: (watched: Watched) => void
}

const pressing = ({ watching: { client, run_id }, store, tails, end }: Pressing) => {
  const act = async (deed: Deed): Promise<void> => {
    if (deed.deed === "leave") {
      const state = store.state()
      end({ kind: isOver(state.run.status) ? "ended" : "left", state })
      return
    }
    const { said, next } = await perform(client, run_id, deed)
    if (next === undefined) store.change({ kind: "said", text: said })
    else end({ kind: "rerun", run_id: next })
  }
  return (key: Pressed): void => {
    if (key === "interrupt") end({ kind: "left", state: store.state() })
    if (store.state().said !== undefined) store.change({ kind: "said", text: undefined })
    const { look, deed } = answerTo(store.state(), key)
    if (look) store.change({ kind: "look", look })
    tails.follow(store.state())
    if (deed) void act(deed)
  }
}

/** The screen isn't taken for what is over at once. */
const shownLater = async <Screen,>(
  over: Promise<unknown>,
  show: () => Promise<Screen>,
): Promise<Screen | undefined> => {
  const isOverSoon = await Promise.race([
    over.then(
      () => true,
      () => true,
    ),
    Bun.sleep(patience_ms).then(() => false),
  ])
  return isOverSoon ? undefined : show()
}

type Store = {
  subscribe(listener: () => void): () => void
  state(): WatchState
  change(change: Change): void
}

const storeOf = (first: WatchState): Store => {
  let state = first
  const listeners = new Set<() => void>()
  return {
    state: () => state,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    change(change) {
      state = reduce(state, change)
      for (const listener of listeners) listener()
    },
  }
}

/** What comes within a moment changes the screen at once. */
const takeEvents = async (store: Store, events: AsyncIterable<RunEvent>, then: () => void): Promise<void> => {
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
