import type { Collection } from "#kernel/documents/documents.ts"
import type { Archive } from "../archive.ts"
import { executions, openExecutions } from "../collections.ts"
import type { Execution } from "./execution.ts"
import type { Filter } from "./filter.ts"
import type { Place } from "./place.ts"
import { type Stretch, stretches } from "./stretches.ts"

export type Search = {
  readonly workspace_id: string
  readonly filter: Filter
  readonly after: Place | undefined
  readonly limit: number
}

export type Found = { readonly items: readonly Execution[]; readonly next: Place | null }

/** A page is answered after this time with what was found until then. */
const page_ms = 5_000
const max_read = 500
const max_ahead_ms = 86_400_000
const end_of_time = Number.MAX_SAFE_INTEGER

/** Of what goes on first, then of what has ended. */
export const searchExecutions = async (archive: Archive, search: Search): Promise<Found> => {
  const { filter, after, limit } = search
  const going = filter.open && after?.open !== false ? await ofOpen(archive, search) : []
  if (going.length > limit) return cut(going, limit, true)
  if (!filter.ended) return { items: going, next: null }
  const rest = await ofEnded(archive, { ...search, limit: limit - going.length })
  return { items: [...going, ...rest.items], next: rest.next }
}

const cut = (found: readonly Execution[], limit: number, open: boolean): Found => {
  const items = found.slice(0, limit)
  const last = items.at(-1)
  // Nothing that was there already may come before everything.
  const next = last ? { open, at: last.at, id: last.id } : { open, at: end_of_time, id: "" }
  return { items, next: found.length > limit ? next : null }
}

const bounds = ({ from_ms = 0, before_ms = end_of_time }: Filter, open: boolean, after?: Place) => {
  const place = after?.open === open ? after : undefined
  return { from_ms, before_ms: Math.min(before_ms, place === undefined ? end_of_time : place.at), place }
}

const ofOpen = async (archive: Archive, search: Search): Promise<readonly Execution[]> => {
  const { from_ms, before_ms, place } = bounds(search.filter, true, search.after)
  return gathered(archive, search, {
    collection: openExecutions,
    from_ms,
    before_ms,
    place,
    wanted: search.limit + 1,
  })
}

const ofEnded = async (archive: Archive, search: Search): Promise<Found> => {
  const { filter, workspace_id, limit } = search
  const { place, ...asked } = bounds(filter, false, search.after)
  const until_ms = performance.now() + page_ms
  const found: Execution[] = []
  let from = place
  const terms = filter.terms
  const bounded = terms.length === 0 ? asked : await asFarAsThereIs(archive, workspace_id, asked)
  // What has the very time of the place is in the stretch that this begins in.
  const before_ms = place === undefined || place.id === "" ? bounded.before_ms : bounded.before_ms + 1
  for await (const stretch of stretches(archive.documents, { ...bounded, before_ms, terms, workspace_id })) {
    const wanted = limit + 1 - found.length
    found.push(
      ...(await gathered(archive, search, { ...stretch, collection: executions, place: from, wanted })),
    )
    from = undefined
    if (found.length > limit) break
    if (performance.now() > until_ms && stretch.from_ms > bounded.from_ms)
      return { items: found, next: { open: false, at: stretch.from_ms, id: "" } }
  }
  return cut(found, limit, false)
}

/** Marks are looked for no further back and ahead than there can be any. */
export const asFarAsThereIs = async (
  archive: Archive,
  workspace_id: string,
  asked: Stretch,
): Promise<Stretch> => {
  const edge = async (direction: "asc" | "desc") => {
    const where = { workspace_id, at: { gte: 0 } }
    const query = { where, order: [["at", direction]] as const, limit: 1, fields_only: true }
    const [found] = await archive.documents.find(executions, query)
    return found === undefined ? 0 : Number(found.at)
  }
  // A clock that was far ahead once must not have all searches begin there.
  const soon_ms = archive.kit.now().getTime() + max_ahead_ms
  const [first, last] = await Promise.all([edge("asc"), edge("desc")])
  return { from_ms: Math.max(asked.from_ms, first), before_ms: Math.min(asked.before_ms, last + 1, soon_ms) }
}

type Range = Stretch & {
  readonly collection: Collection
  readonly place: Place | undefined
  readonly wanted: number
}

const latest_first = [
  ["at", "desc"],
  ["id", "desc"],
] as const

/** As many as are wanted of those between these times, if there are so many. */
const gathered = async (
  { documents }: Archive,
  { workspace_id, filter }: Search,
  { collection, from_ms, before_ms, place, wanted }: Range,
): Promise<readonly Execution[]> => {
  const found: Execution[] = []
  let limit = Math.min(wanted, max_read)
  const read = async (where: Record<string, unknown>): Promise<Execution | undefined> => {
    const all = { ...filter.where, workspace_id, ...where } as Filter["where"]
    const some = (await documents.find(collection, {
      where: all,
      order: latest_first,
      containing: filter.containing,
      limit,
    })) as readonly Execution[]
    found.push(...some.filter(filter.isWanted))
    const is_full = some.length === limit
    limit = Math.min(limit * 2, max_read)
    return is_full ? some.at(-1) : undefined
  }
  let last: Pick<Execution, "at" | "id"> | undefined = place?.id ? place : undefined
  let before = last === undefined ? before_ms : last.at
  for (;;) {
    // Those of the same time as the last one, then all before that.
    if (last !== undefined) {
      const more: Execution | undefined = await read({ at: last.at, id: { lt: last.id } })
      if (more !== undefined && found.length < wanted) {
        last = more
        continue
      }
      before = last.at
    }
    if (found.length >= wanted) return found.slice(0, wanted)
    last = await read({ at: { lt: before, gte: from_ms } })
    if (last === undefined || found.length >= wanted) return found.slice(0, wanted)
  }
}
