import { createHash } from "node:crypto"
import { Problem } from "#kernel/problem/problem.ts"

/** Where reading stands in one attempt: the next chunk, and the next line in it. */
export type Place = {
  readonly task_run_id: string
  readonly attempt: number
  readonly chunk: number
  readonly line: number
}

/**
 * Where reading stands in a run. Attempts whose first chunk came before `since` have been read to their end, all
 * others not at all; but for those that are listed.
 */
export type Cursor = { readonly since: number; readonly places: readonly Place[] }

/** What is read: a cursor holds for the same only. */
export type Scope = {
  readonly run_id: string
  readonly task?: string | undefined
  readonly attempt?: number | undefined
}

const format = 1
const id_bytes = 16
const digest_bytes = 4
export const max_places = 512
export const max_cursor_length = 16_000

const bytesOf = (id: string): Buffer => Buffer.from(id.replaceAll("-", ""), "hex")

const idOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString("hex")
    .replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5")

const digestOf = ({ run_id, task, attempt }: Scope): Buffer =>
  createHash("sha256")
    .update(JSON.stringify([run_id, task ?? null, attempt ?? null]))
    .digest()
    .subarray(0, digest_bytes)

const pushNumber = (bytes: number[], value: number): void => {
  let rest = value
  while (rest >= 128) {
    bytes.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
}

/** Ids of one run differ in few of their last bytes: only those are written. */
const pushPlace = (bytes: number[], run: Uint8Array, place: Place): void => {
  const difference = bytesOf(place.task_run_id).map((byte, index) => byte ^ (run[index] ?? 0))
  const first = difference.findIndex((byte) => byte !== 0)
  const tail = first < 0 ? new Uint8Array() : difference.subarray(first)
  bytes.push(tail.length, ...tail)
  for (const value of [place.attempt, place.chunk, place.line]) pushNumber(bytes, value)
}

/** A cursor for each line of a chunk: what they share is written once. */
export const cursorWriter = (scope: Scope, { since, places }: Cursor): ((current: Place) => string) => {
  const run = bytesOf(scope.run_id)
  const bytes: number[] = [format, ...digestOf(scope)]
  pushNumber(bytes, since)
  for (const place of places) pushPlace(bytes, run, place)
  const shared = Buffer.from(bytes).toString("base64url")
  return (current) => {
    const own: number[] = []
    pushPlace(own, run, current)
    return `${shared}.${Buffer.from(own).toString("base64url")}`
  }
}

const refusal = () =>
  new Problem("request.invalid", {
    detail: "cursor: it is not one of this run and these filters",
    errors: [{ path: "cursor", message: "Use the `cursor` of a line that was read with the same filters." }],
  })

const reader = (bytes: Uint8Array) => {
  let at = 0
  const next = (): number => {
    const byte = bytes[at]
    if (byte === undefined) throw refusal()
    at += 1
    return byte
  }
  return {
    done: () => at >= bytes.length,
    next,
    number(): number {
      let value = 0
      let factor = 1
      for (;;) {
        const byte = next()
        value += (byte % 128) * factor
        if (byte < 128) break
        factor *= 128
      }
      if (!Number.isSafeInteger(value)) throw refusal()
      return value
    },
  }
}

const readPlaces = (from: ReturnType<typeof reader>, run: Uint8Array): Place[] => {
  const places: Place[] = []
  while (!from.done()) {
    const length = from.next()
    if (length > id_bytes || places.length > max_places) throw refusal()
    const id = Uint8Array.from(run)
    for (let index = id_bytes - length; index < id_bytes; index += 1)
      id[index] = (run[index] ?? 0) ^ from.next()
    places.push({ task_run_id: idOf(id), attempt: from.number(), chunk: from.number(), line: from.number() })
  }
  return places
}

export const readCursor = (scope: Scope, text: string): Cursor => {
  const [shared = "", own = "", ...more] = text.split(".")
  if (text.length > max_cursor_length || more.length > 0) throw refusal()
  const bytes = Buffer.from(shared, "base64url")
  const digest = bytes.subarray(1, 1 + digest_bytes)
  if (bytes[0] !== format || !digest.equals(digestOf(scope))) throw refusal()
  const run = bytesOf(scope.run_id)
  const rest = reader(bytes.subarray(1 + digest_bytes))
  const since = rest.number()
  return {
    since,
    places: [...readPlaces(rest, run), ...readPlaces(reader(Buffer.from(own, "base64url")), run)],
  }
}
