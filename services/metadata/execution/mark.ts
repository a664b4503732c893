import { createHash } from "node:crypto"
import type { Documents } from "#kernel/documents/documents.ts"
import { executionMarks } from "../collections.ts"
import type { Execution } from "./execution.ts"
import { ownTerms, sharedTerms, type Term, termOf, valuesIn } from "./terms.ts"

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

/** Short, since there are many of them, and long enough that no two are the same. */
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

/** A longer term is remembered by its hash. */
const max_remembered_length = 200

/** Marks executions before they are written, so that none is there that can't be found. */
export const markExecutions = (documents: Documents): ((ended: readonly Execution[]) => Promise<void>) => {
  const known = new Set<string>()

  return async (ended) => {
    const kinds = new Set<string>()
    const fresh = new Map<string, string>()
    for (const execution of ended) {
      const { workspace_id, at } = execution
      const kind = kindOf(execution)
      const shared = known.has(kind) || kinds.has(kind) ? [] : sharedTerms(execution)
      kinds.add(kind)
      for (const term of [...shared, ...ownTerms(execution)]) {
        // Most have been marked already: that is found out without a hash.
        const name = `${Math.floor(at / stretch_ms)} ${workspace_id} ${term}`
        if (known.has(name) || fresh.has(name)) continue
        const id = markId({ workspace_id, term }, at)
        if (!known.has(id)) fresh.set(name.length > max_remembered_length ? id : name, id)
      }
    }
    if (fresh.size > 0) {
      const marks = [...new Set(fresh.values())].map((id) => ({ id, version: 1 }))
      await documents.put(executionMarks, marks)
    }
    if (known.size > max_known) known.clear()
    for (const one of [...fresh.keys(), ...kinds]) known.add(one)
  }
}

/** A run's id begins with when it was made. */
const madeAt = (run_id: string): number => Number.parseInt(run_id.slice(0, 8) + run_id.slice(9, 13), 16)

const runMarks = (owned: Owned, at_ms: number): string => `${weekOf(at_ms)}${hashed(owned)}:`

type Made = {
  readonly run_id: string
  readonly workspace_id: string
  readonly inputs: Readonly<Record<string, unknown>>
}

/** So that runs are found by their inputs. */
export const markRuns = async (documents: Documents, made: readonly Made[]): Promise<void> => {
  const ids = made.flatMap(({ run_id, workspace_id, inputs }) =>
    valuesIn(inputs).map(
      ([path, text]) => runMarks({ workspace_id, term: termOf.input(path, text) }, madeAt(run_id)) + run_id,
    ),
  )
  const marks = ids.map((id) => ({ id, version: 1 }))
  if (marks.length > 0) await documents.put(executionMarks, marks)
}

const max_runs = 100

export type RunsSought = Owned & {
  readonly from_ms: number
  readonly now_ms: number
  readonly last: string | undefined
}

/** The runs that have a term and were made no earlier than that, the latest first; from `last` on. */
export async function* runsMarked(documents: Documents, sought: RunsSought): AsyncGenerator<string> {
  const { from_ms, now_ms, last } = sought
  const begin_ms = last === undefined ? now_ms + week_ms : madeAt(last)
  for (let at_ms = begin_ms; at_ms > weekStart(from_ms); at_ms -= week_ms) {
    const prefix = runMarks(sought, at_ms)
    let id: { gte: string; lt: string } | { gte: string; lte: string } =
      last !== undefined && at_ms === begin_ms
        ? { gte: prefix, lte: prefix + last }
        : { gte: prefix, lt: `${prefix.slice(0, -1)};` }
    for (;;) {
      const query = { where: { id }, order: [["id", "desc"]] as const, limit: max_runs, fields_only: true }
      const found = await documents.find(executionMarks, query)
      yield* found.map((mark) => mark.id.slice(prefix.length))
      const end = found.at(-1)
      if (end === undefined || found.length < max_runs) break
      id = { gte: prefix, lt: end.id }
    }
  }
}
