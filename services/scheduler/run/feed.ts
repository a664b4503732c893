import { recent } from "#kernel/service/recent.ts"
import type { RunFact } from "./record.ts"

/** What one transaction told of a run. */
export type News = {
  readonly at: string
  readonly facts: readonly RunFact[]
  /** Nothing follows. */
  readonly ended: boolean
}

export type Subscription = {
  /** Until more of what comes has come together, or the end has come. */
  gathered(): Promise<void>
  /** All that is new, or undefined after a while and when something was missed: then the database knows more. */
  next(): Promise<readonly News[] | undefined>
  close(): void
}

type Subscribing = { readonly run_id: string; readonly wait_ms: number; readonly signal: AbortSignal }

/** Brings what is told of runs to their followers in this process, without a look at the database. */
export type Feed = {
  publish(run: Told, news: News): void
  subscribe(subscribing: Subscribing): Subscription
  /** All that was told of a run since it was begun in this process, if this is one of the workspace's last ones. */
  toldOf(run: Told): readonly News[] | undefined
  /** What was told, and not who follows. */
  forgetAll(): void
}

type Told = { readonly id: string; readonly workspace_id: string }

/** Each piece that is sent costs more than what is in it, so what isn't the end waits for more: as long as this, or twice. */
const gather_ms = 15

const max_kept = 200
const max_runs = 2_000
/** Of a larger run the database tells. */
const max_facts = 100

type Inbox = { readonly news: News[]; missed: boolean; wake: () => void }

type History = { readonly workspace_id: string; readonly news: News[]; last_seq: number }

const lastOf = ({ facts }: News): number => facts.at(-1)?.seq ?? 0

const keepHistories = () => {
  const histories = recent<History>(max_runs)

  const begin = ({ id, workspace_id }: Told, news: News) => {
    if (news.facts[0]?.seq === 1) histories.keep(id, { workspace_id, news: [news], last_seq: lastOf(news) })
  }

  return {
    add(run: Told, news: News) {
      const history = histories.get(run.id)
      if (!history) return begin(run, news)
      const isNext = news.facts[0]?.seq === history.last_seq + 1
      history.last_seq = lastOf(news)
      // Another process has told something in between, or two commits were heard of in the other order.
      if (!isNext || history.last_seq > max_facts) return histories.forget(run.id)
      history.news.push(news)
    },
    of({ id, workspace_id }: Told): readonly News[] | undefined {
      const history = histories.get(id)
      return history?.workspace_id === workspace_id ? [...history.news] : undefined
    },
    forgetAll: histories.forgetAll,
  }
}

export const createFeed = (): Feed => {
  const inboxes = new Map<string, Set<Inbox>>()
  const histories = keepHistories()
  const gathering = gather((inbox: Inbox) => inbox.wake())

  const close = (run_id: string, inbox: Inbox) => {
    const all = inboxes.get(run_id)
    all?.delete(inbox)
    if (all?.size === 0) inboxes.delete(run_id)
  }

  return {
    publish(run, news) {
      histories.add(run, news)
      for (const inbox of inboxes.get(run.id) ?? []) {
        if (inbox.news.length < max_kept) inbox.news.push(news)
        else inbox.missed = true
        if (news.ended) inbox.wake()
        else gathering.add(inbox)
      }
    },
    toldOf: histories.of,
    forgetAll: histories.forgetAll,
    subscribe(subscribing) {
      const { run_id } = subscribing
      const inbox: Inbox = { news: [], missed: false, wake: () => undefined }
      inboxes.set(run_id, (inboxes.get(run_id) ?? new Set()).add(inbox))
      const sleeper = sleeperOf(inbox, subscribing)
      return {
        gathered() {
          gathering.add(inbox)
          return sleeper.sleep()
        },
        async next() {
          if (inbox.news.length === 0) await sleeper.sleep()
          const news = inbox.news.splice(0)
          if (news.length > 0 && !inbox.missed) return news
          inbox.missed = false
          return undefined
        },
        close() {
          sleeper.close()
          close(run_id, inbox)
        },
      }
    },
  }
}

/** One timer for all of them: who comes between two of its rounds waits for the second. */
const gather = <Item>(tell: (item: Item) => void) => {
  let waiting = new Set<Item>()
  let fresh = new Set<Item>()
  const plan = () => void setTimeout(turn, gather_ms)
  const turn = () => {
    const all = waiting
    waiting = fresh
    fresh = new Set()
    if (waiting.size > 0) plan()
    for (const item of all) tell(item)
  }
  return {
    add(item: Item) {
      if (waiting.size === 0) {
        plan()
        waiting.add(item)
      } else if (!waiting.has(item)) fresh.add(item)
    },
  }
}

/** One timer and one ear for as long as somebody follows: to make them for each of the news costs more than the news. */
const sleeperOf = (inbox: Inbox, { wait_ms, signal }: Subscribing) => {
  const wake = () => inbox.wake()
  let timer: NodeJS.Timeout | undefined
  signal.addEventListener("abort", wake)
  return {
    sleep: (): Promise<void> =>
      new Promise((resolve) => {
        inbox.wake = resolve
        if (signal.aborted) resolve()
        else if (timer) timer.refresh()
        else timer = setTimeout(wake, wait_ms)
      }),
    close() {
      clearTimeout(timer)
      signal.removeEventListener("abort", wake)
    },
  }
}
