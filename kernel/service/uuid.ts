const max_counter = 0xfff

let last_ms = 0
let counter = 0
/** Of the time above, which many have in common. */
let last_digits = ""

/** A UUIDv7: those of one process sort in the order in which they were made, also within a millisecond. */
export const uuidv7 = (now_ms: number): string => {
  if (now_ms > last_ms || counter === max_counter) {
    last_ms = Math.max(now_ms, last_ms + 1)
    last_digits = timeDigits(last_ms)
    counter = 0
  } else counter += 1
  return `${last_digits}-${(0x7000 + counter).toString(16)}-${crypto.randomUUID().slice(19)}`
}

/** No id of that time or a later one is less, and every id of an earlier one is. */
export const leastIdOf = (at_ms: number): string => `${timeDigits(at_ms)}-0000-0000-000000000000`

const timeDigits = (at_ms: number): string => {
  const digits = at_ms.toString(16).padStart(12, "0")
  return `${digits.slice(0, 8)}-${digits.slice(8)}`
}
