const max_counter = 0xfff

let last_ms = 0
let counter = 0

/** A UUIDv7: those of one process sort in the order in which they were made, also within a millisecond. */
export const uuidv7 = (now_ms: number): string => {
  if (now_ms > last_ms) {
    last_ms = now_ms
    counter = 0
  } else if (counter < max_counter) counter += 1
  else {
    last_ms += 1
    counter = 0
  }
  const chance = crypto.randomUUID().slice(19)
  return `${timeDigits(last_ms)}-7${counter.toString(16).padStart(3, "0")}-${chance}`
}

/** No id of that time or a later one is less, and every id of an earlier one is. */
export const leastIdOf = (at_ms: number): string => `${timeDigits(at_ms)}-0000-0000-000000000000`

const timeDigits = (at_ms: number): string => {
  const digits = at_ms.toString(16).padStart(12, "0")
  return `${digits.slice(0, 8)}-${digits.slice(8)}`
}
