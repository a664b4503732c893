import type { RunEvent } from "./shape.ts"

/** What one transaction told of a run. */
export type News = { readonly events: readonly RunEvent[]; readonly ended: boolean }

export type Subscription = {
  /** The next news, or undefined after `wait_ms` and when something was missed: then the database knows more. */
  next(wait_ms: number, signal: AbortSignal): Promise<News | undefined>
  close(): void
}

/** Brings what is told of runs to their followers in this process, without a look at the database. */
export type Feed = {
  publish(run_id: string, news: News): void
  subscribe(run_id: string): Subscription
}

const max_kept = 200

type Inbox = { readonly news: News[]; missed: boolean; wake: () => void }

export const createFeed = (): Feed => {
  const inboxes = new Map<string, Set<Inbox>>()

  const close = (run_id: string, inbox: Inbox) => {
    const all = inboxes.get(run_id)
    all?.delete(inbox)
    if (all?.size === 0) inboxes.delete(run_id)
  }

  return {
    publish(run_id, news) {
      for (const inbox of inboxes.get(run_id) ?? []) {
        if (inbox.news.length < max_kept) inbox.news.push(news)
        else inbox.missed = true
        inbox.wake()
      }
    },
    subscribe(run_id) {
      const inbox: Inbox = { news: [], missed: false, wake: () => undefined }
      inboxes.set(run_id, (inboxes.get(run_id) ?? new Set()).add(inbox))
      return {
        async next(wait_ms, signal) {
          if (inbox.news.length === 0) await woken(inbox, wait_ms, signal)
          if (!inbox.missed) return inbox.news.shift()
          inbox.missed = false
          inbox.news.length = 0
          return undefined
        },
        close: () => close(run_id, inbox),
      }
    },
  }
}

const woken = (inbox: Inbox, wait_ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer)
      signal.removeEventListener("abort", wake)
      inbox.wake = () => undefined
      resolve()
    }
    const timer = setTimeout(wake, wait_ms)
    inbox.wake = wake
    if (signal.aborted) wake()
    else signal.addEventListener("abort", wake)
  })
