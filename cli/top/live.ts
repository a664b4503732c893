import type { Client } from "#sdk/client.ts"
import { failureOf } from "../failure.ts"
import type { Io } from "../io.ts"
import { type Left, watchInside } from "../screen/inside.ts"
import { pollFacts } from "../screen/poll.ts"
import type { Pressed } from "../screen/pressed.ts"
import type { Shown } from "../screen/screen.tsx"
import { openStage } from "../screen/stage.tsx"
import { type Store, storeOf } from "../screen/store.ts"
import { sources } from "./facts.ts"
import { answerTo } from "./keys.ts"
import { screenOf } from "./rows.ts"
import { type Change, firstState, reduce, type TopState } from "./state.ts"

export type Topping = { readonly client: Client; readonly url: string }

type TopStore = Store<TopState, Change>

const second_ms = 1_000

/** The platform as it goes on, on the whole of the terminal, until somebody leaves. */
export const topLive = async ({ client, url }: Topping, io: Io): Promise<Left> => {
  // Who can't get there at all is told so where they are.
  const newest = await sources.newest.ask(client, io.signal)
  const store = storeOf(firstState(url, { newest }), reduce)
  const over = Promise.withResolvers<Left>()
  const interrupt = () => over.resolve("interrupted")
  io.signal.addEventListener("abort", interrupt)
  const asking = askingOf({ client, store, io, fail: over.reject })
  const open = (run_id: string) => void inside(run_id)
  const shown = shownOf(store, io, { open, leave: over.resolve })
  const stage = await openStage(shown, io)
  const inside = async (run_id: string): Promise<void> => {
    asking.stop()
    try {
      if ((await watchInside({ client, run_id, stage, signal: io.signal })) === "interrupted") interrupt()
    } catch (error) {
      store.change({ kind: "said", text: failureOf(error)?.message ?? String(error) })
    }
    stage.show(shown)
    asking.start()
  }
  asking.start()
  try {
    return await over.promise
  } finally {
    io.signal.removeEventListener("abort", interrupt)
    asking.end()
    await stage.close()
  }
}

type Doing = { readonly open: (run_id: string) => void; readonly leave: (left: Left) => void }

const shownOf = (store: TopStore, io: Io, { open, leave }: Doing): Shown => ({
  subscribe: store.subscribe,
  rows: (frame) => screenOf(store.state(), frame),
  tickMs: () => second_ms,
  press(key: Pressed) {
    if (key === "interrupt") leave("interrupted")
    if (store.state().said !== undefined) store.change({ kind: "said", text: undefined })
    const { look, deed } = answerTo(store.state(), key, io.now().getTime())
    if (look) store.change({ kind: "look", look })
    if (deed?.deed === "leave") leave("left")
    if (deed?.deed === "open") open(deed.run_id)
  },
})

type Asking = {
  readonly client: Client
  readonly store: TopStore
  readonly io: Io
  readonly fail: (error: unknown) => void
}

/** While a run is looked into, nothing else is asked for. */
const askingOf = ({ client, store, io, fail }: Asking) => {
  let current: AbortController | undefined
  let is_over = false
  const stop = () => current?.abort()
  return {
    stop,
    start() {
      if (is_over) return
      stop()
      current = new AbortController()
      const { change } = store
      pollFacts({ sources, client, change, now: io.now, signal: current.signal }).catch(fail)
    },
    end() {
      is_over = true
      stop()
    },
  }
}
