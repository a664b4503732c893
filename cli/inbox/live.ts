import type { Client } from "#sdk/client.ts"
import { rest } from "#sdk/follow.ts"
import { WfProblem } from "#sdk/problem.ts"
import { failureOf } from "../failure.ts"
import type { Io } from "../io.ts"
import { type Left, watchInside } from "../screen/inside.ts"
import { isPassing, pollFacts } from "../screen/poll.ts"
import type { Shown } from "../screen/screen.tsx"
import { openStage } from "../screen/stage.tsx"
import { type Store, storeOf } from "../screen/store.ts"
import { listNotices, sources } from "./facts.ts"
import { answerTo } from "./keys.ts"
import { type Outside, perform } from "./perform.ts"
import { screenOf } from "./rows.ts"
import { type Change, firstState, type InboxState, reduce, unreadOf } from "./state.ts"

type Opening = { readonly client: Client; readonly url: string }

type InboxStore = Store<InboxState, Change>

const second_ms = 1_000

/** Somebody's inbox as it fills, on the whole of the terminal, until they leave. */
export const inboxLive = async ({ client, url }: Opening, io: Io): Promise<Left> => {
  const store = storeOf(firstState(url), reduce)
  // Who can't get there at all is told so where they are.
  store.change({ kind: "listed", ...(await listNotices(client, io.signal)) })
  const over = Promise.withResolvers<Left>()
  const leave = new AbortController()
  const interrupt = () => over.resolve("interrupted")
  io.signal.addEventListener("abort", interrupt)
  const living = { client, store, io, signal: leave.signal }
  const open = (run_id: string) => void inside(run_id)
  const shown = shownOf(living, { open, leave: over.resolve })
  const stage = await openStage(shown, io)
  const inside = async (run_id: string): Promise<void> => {
    try {
      const left = await watchInside({ client, run_id, stage, signal: io.signal })
      if (left === "interrupted") interrupt()
    } catch (error) {
      store.change({ kind: "said", text: failureOf(error)?.message ?? String(error) })
    }
    stage.show(shown)
  }
  const fail = (error: unknown) => (leave.signal.aborted ? undefined : over.reject(error))
  followNews(living).catch(fail)
  pollFacts({ sources, client, change: store.change, now: io.now, signal: leave.signal }).catch(fail)
  try {
    return await over.promise
  } finally {
    io.signal.removeEventListener("abort", interrupt)
    leave.abort()
    await stage.close()
  }
}

type Living = {
  readonly client: Client
  readonly store: InboxStore
  readonly io: Io
  readonly signal: AbortSignal
}

type Doing = { readonly open: (run_id: string) => void; readonly leave: (left: Left) => void }

const shownOf = ({ client, store, io }: Living, { open, leave }: Doing): Shown => {
  const carryOut = async (deed: Outside): Promise<void> => {
    for (const change of await perform(client, deed, io.now())) store.change(change)
  }
  return {
    subscribe: store.subscribe,
    rows: (frame) => screenOf(store.state(), frame),
    tickMs: () => second_ms,
    press(key) {
      if (key === "interrupt") leave("interrupted")
      const { look, deed, said } = answerTo(store.state(), key, io.now().getTime())
      if (store.state().said !== said) store.change({ kind: "said", text: said })
      if (look) store.change({ kind: "look", look })
      if (deed?.deed === "leave") leave("left")
      else if (deed?.deed === "open") open(deed.run_id)
      else if (deed) void carryOut(deed)
    },
  }
}

/** What comes, as it comes. Where more or less is unread than is known here, something was read elsewhere. */
const followNews = async (living: Living): Promise<void> => {
  const { client, store, signal } = living
  // Whether the platform answers at all is seen from what is asked for beside it.
  const news = client.notifications.follow({ signal, max_away_ms: Number.POSITIVE_INFINITY })
  for await (const { event, data } of news) {
    if (event === "notification_received") store.change({ kind: "changed", notice: data })
    else await compare(living, data.count)
  }
}

/** What was read here is told here, too, and mostly before it is known that it was. */
const settle_ms = 200

const compare = async ({ client, store, signal }: Living, count: number): Promise<void> => {
  if (count === unreadOf(store.state()).length) return
  await rest(settle_ms, signal)
  if (count === unreadOf(store.state()).length) return
  try {
    store.change({ kind: "listed", ...(await listNotices(client, signal)) })
  } catch (error) {
    // The stream breaks with it, and begins by telling how many are unread. Something else may answer in its place.
    if (error instanceof WfProblem && !isPassing(error)) throw error
  }
}
