import { expect, test } from "bun:test"
import { z } from "zod"
import { uuidv7 } from "./uuid.ts"

test("ids are UUIDs of version 7 with their time in front", () => {
  const at = Date.parse("2126-01-01T00:00:00Z")
  const id = uuidv7(at)
  expect(z.uuidv7().safeParse(id).success).toBe(true)
  expect(Number.parseInt(id.replace("-", "").slice(0, 12), 16)).toBe(at)
})

test("ids sort as they were made, within a millisecond and when the clock is set back", () => {
  const at = Date.parse("2127-01-01T00:00:00Z")
  const ids = Array.from({ length: 10_000 }, (_, index) => uuidv7(index % 3 === 0 ? at - 5 : at))
  expect(ids).toEqual([...ids].sort())
  expect(new Set(ids).size).toBe(ids.length)
})
