import type { Client } from "#sdk/index.ts"
import { isOver, type WatchState } from "./state.ts"

/** So many logs are read at once; what else is open shows its lines when there is room. */
const max_tails = 6
const tail_lines = 200

type Tail = { readonly stop: () => void }

export type Tails = { follow(state: WatchState): void; stop(): void }

type Reading = {
  readonly client: Client
  readonly run_id: string
  readonly take: (task: string, lines: readonly string[]) => void
}

/** Reads the logs of what is open, as they come. */
export const tailsOf = ({ client, run_id, take }: Reading): Tails => {
  const tails = new Map<string, Tail>()
  const begin = (task: string): Tail => {
    const leave = new AbortController()
    const { signal } = leave
    void (async () => {
      const lines = client.runs.logs(run_id, { task, follow: true, tail: tail_lines, signal })
      for await (const { stream, text } of lines) if (stream !== "system") take(task, [text])
    })().catch((error: unknown) => {
      if (!signal.aborted)
        take(task, [`(its log can't be had: ${error instanceof Error ? error.message : error})`])
    })
    return { stop: () => leave.abort() }
  }
  return {
    follow(state) {
      for (const name of wanted(state)) {
        if (tails.size >= max_tails || tails.has(name)) continue
        tails.set(name, begin(name))
      }
    },
    stop() {
      for (const { stop } of tails.values()) stop()
    },
  }
}

const wanted = ({ opened, page, selected, items, tasks }: WatchState): readonly string[] => {
  const read = page === "log" && selected !== undefined ? [selected] : []
  const hasBegun = (name: string) => {
    const status = tasks.get(name)?.status ?? "pending"
    return status === "running" || isOver(status)
  }
  return [...read, ...opened].filter((name) => hasBegun(name) && (read.includes(name) || !items.has(name)))
}
