import type { Job, Page, Run } from "#sdk/shapes.ts"
import type { Facts } from "./facts.ts"

export type Throughput = {
  /** What the figures are of: the last minute, or less where a page doesn't reach back so far. */
  readonly window_s: number
  readonly ended: number
  readonly failed: number
  /** Of equal parts of the last minute, the latest last. */
  readonly bars: readonly number[]
}

type End = { readonly at_ms: number; readonly is_failed: boolean }

type Told = { readonly ends: readonly End[]; readonly since_ms: number | undefined }

const window_ms = 60_000
const bar_ms = 3_000

const told = <Item extends { readonly created_at: string }>(
  page: Page<Item> | undefined,
  endOf: (item: Item) => { readonly at: string | null; readonly is_failed: boolean },
): Told => {
  const ends = (page?.items ?? []).flatMap((item) => {
    const { at, is_failed } = endOf(item)
    return at === null ? [] : [{ at_ms: Date.parse(at), is_failed }]
  })
  const oldest = page?.next_cursor ? page.items.at(-1) : undefined
  return { ends, since_ms: oldest && Date.parse(oldest.created_at) }
}

const throughputOf = ({ ends, since_ms = 0 }: Told, now_ms: number): Throughput => {
  // Whole parts, so that what is shown moves on with them and not with every look.
  const until_ms = Math.ceil(now_ms / bar_ms) * bar_ms
  const bars = Array.from({ length: window_ms / bar_ms }, (_, index) => {
    const from_ms = until_ms - window_ms + index * bar_ms
    return ends.filter(({ at_ms }) => at_ms >= from_ms && at_ms < from_ms + bar_ms).length
  })
  const from_ms = Math.max(now_ms - window_ms, Math.min(since_ms, now_ms - 1_000))
  const recent = ends.filter(({ at_ms }) => at_ms > from_ms)
  return {
    window_s: Math.round((now_ms - from_ms) / 1000),
    ended: recent.length,
    failed: recent.filter(({ is_failed }) => is_failed).length,
    bars,
  }
}

export const runsThroughput = (
  { newest, failed }: Partial<Pick<Facts, "newest" | "failed">>,
  now_ms: number,
): Throughput => {
  // What has failed may have begun long before the newest.
  const others = (failed?.items ?? []).filter(({ id }) => !newest?.items.some((run) => run.id === id))
  const endOf = ({ finished_at, status }: Run) => ({ at: finished_at, is_failed: status === "failed" })
  const { ends, since_ms } = told(newest, endOf)
  return throughputOf(
    { ends: [...ends, ...told({ items: others, next_cursor: null }, endOf).ends], since_ms },
    now_ms,
  )
}

export const jobsThroughput = ({ jobs }: Partial<Pick<Facts, "jobs">>, now_ms: number): Throughput => {
  const endOf = ({ completed_at, status }: Job) => ({ at: completed_at, is_failed: status === "dead_letter" })
  return throughputOf(told(jobs, endOf), now_ms)
}
