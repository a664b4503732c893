import type { Documents } from "#kernel/documents/documents.ts"
import { executionMarks } from "../collections.ts"
import { markedAt, markId, stretch_ms, weekStart } from "./mark.ts"
import type { Term } from "./terms.ts"

/** From this time on and before that one, in milliseconds. */
export type Stretch = { readonly from_ms: number; readonly before_ms: number }

export type Searched = Stretch & { readonly workspace_id: string; readonly terms: readonly Term[] }

const marks_at_once = { first: 16, most: 512 }
/** Stretches that lie side by side are given as one, the later the longer. */
const most_side_by_side = 64

/** The marks from `low` to `high`, all of them, the latest first. */
type Page = { readonly high: number; readonly low: number; readonly marks: readonly number[] }

type Trail = {
  /** The latest marked stretch that begins no later than this; undefined where there is none. */
  notAfter(at_ms: number): Promise<number | undefined>
}

const beginOf = (at_ms: number): number => Math.floor(at_ms / stretch_ms) * stretch_ms

const trailOf = (documents: Documents, { workspace_id, from_ms }: Searched, term: Term): Trail => {
  const owned = { workspace_id, term }
  const least = beginOf(from_ms)
  let limit = marks_at_once.first
  let page: Page = { high: -1, low: 0, marks: [] }

  const read = async (high: number): Promise<Page> => {
    const low = Math.max(weekStart(high), least)
    const where = { id: { gte: markId(owned, low), lte: markId(owned, high) } }
    const query = { where, order: [["id", "desc"]] as const, limit, fields_only: true }
    const marks = (await documents.find(executionMarks, query)).map(({ id }) => markedAt(id))
    const is_full = marks.length === limit
    limit = Math.min(limit * 2, marks_at_once.most)
    return { high, low: is_full ? (marks.at(-1) ?? low) : low, marks }
  }

  return {
    async notAfter(at_ms) {
      let place = at_ms
      while (place >= least) {
        const at = place
        if (at > page.high || at < page.low) page = await read(at)
        const mark = page.marks.find((one) => one <= at)
        if (mark !== undefined) return mark
        place = page.low - stretch_ms
      }
      return undefined
    },
  }
}

/** The latest stretch, not after this one, that all of them have. */
const agreed = async (trails: readonly Trail[], at_ms: number): Promise<number | undefined> => {
  let place = at_ms
  for (let agreeing = 0; agreeing < trails.length; ) {
    const mark = await trails[agreeing]?.notAfter(place)
    if (mark === undefined) return undefined
    // Who comes later may have gone further back than those before, which are asked again then.
    agreeing = mark === place ? agreeing + 1 : 0
    place = mark
  }
  return place
}

/** Where there may be something that has all the terms, the latest first. */
export async function* stretches(documents: Documents, searched: Searched): AsyncGenerator<Stretch> {
  const { from_ms, before_ms, terms } = searched
  if (terms.length === 0) {
    yield { from_ms, before_ms }
    return
  }
  const trails = terms.map((term) => trailOf(documents, searched, term))
  const within = (from: number, before: number): Stretch => {
    return { from_ms: Math.max(from, from_ms), before_ms: Math.min(before, before_ms) }
  }
  let width = 1
  let place = await agreed(trails, beginOf(before_ms - 1))
  while (place !== undefined) {
    const end = place + stretch_ms
    let begin = place
    place = await agreed(trails, begin - stretch_ms)
    while (place === begin - stretch_ms && end - begin < width * stretch_ms) {
      begin = place
      place = await agreed(trails, begin - stretch_ms)
    }
    width = Math.min(width * 2, most_side_by_side)
    yield within(begin, end)
  }
}
