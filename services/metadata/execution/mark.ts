import { createHash } from "node:crypto"
import type { Documents } from "#kernel/documents/documents.ts"
import { executionMarks } from "../collections.ts"
import type { Execution } from "./execution.ts"
import { ownTerms, sharedTerms, type Term } from "./terms.ts"

/**
 * A mark says that in this stretch of time, in this workspace, something ended that has this term. It is written once,
 * however much of it there is, so that busy times cost no more than quiet ones; and it is found by its id alone.
 */
export const stretch_ms = 10_000

/** Marks begin with their week, so that old ones are removed together. */
const week_ms = 7 * 86_400_000
const week_digits = 6
const stretch_digits = 5
const term_bytes = 9
const max_known = 50_000

export const weekOf = (at_ms: number): string =>
  String(Math.floor(at_ms / week_ms)).padStart(week_digits, "0")

export const weekStart = (at_ms: number): number => Math.floor(at_ms / week_ms) * week_ms

const stretchOf = (at_ms: number): string =>
  String(Math.floor((at_ms % week_ms) / stretch_ms)).padStart(stretch_digits, "0")

type Owned = { readonly workspace_id: string; readonly term: Term }

/** Short, since there are many of them. Two that have the same only make a search look in vain. */
const hashed = ({ workspace_id, term }: Owned): string =>
  createHash("sha256")
    .update(`${workspace_id} ${term.toWellFormed()}`)
    .digest()
    .subarray(0, term_bytes)
    .toString("base64url")

export const markId = (owned: Owned, at_ms: number): string =>
  `${weekOf(at_ms)}${hashed(owned)}${stretchOf(at_ms)}`

/** When a mark's stretch begins. */
export const markedAt = (id: string): number =>
  Number(id.slice(0, week_digits)) * week_ms + Number(id.slice(-stretch_digits)) * stretch_ms

/** What most executions of a stretch have in common: its marks are thought of once. */
const kindOf = ({ workspace_id, at, status, workflow, task, type, worker_id }: Execution): string =>
  `${Math.floor(at / stretch_ms)} ${workspace_id} ${status} ${type} ${worker_id} ${workflow} ${task}`

/** Marks executions before they are written, so that none is there that can't be found. */
export const markExecutions = (documents: Documents): ((ended: readonly Execution[]) => Promise<void>) => {
  const known = new Set<string>()

  return async (ended) => {
    const kinds = new Set<string>()
    const ids = new Set<string>()
    for (const execution of ended) {
      const { workspace_id, at } = execution
      const kind = kindOf(execution)
      const shared = known.has(kind) || kinds.has(kind) ? [] : sharedTerms(execution)
      kinds.add(kind)
      for (const term of [...shared, ...ownTerms(execution)]) ids.add(markId({ workspace_id, term }, at))
    }
    const fresh = [...ids].filter((id) => !known.has(id))
    if (fresh.length > 0)
      await documents.put(
        executionMarks,
        fresh.map((id) => ({ id, version: 1 })),
      )
    if (known.size > max_known) known.clear()
    for (const one of [...fresh, ...kinds]) known.add(one)
  }
}
