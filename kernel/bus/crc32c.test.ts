import { expect, test } from "bun:test"
import { createRequire } from "node:module"
import { crc32c } from "./crc32c.ts"

test("it is the checksum that the standard names", () => {
  expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283)
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa)
  expect(crc32c(Buffer.alloc(32, 255))).toBe(0x62a8ab43)
  expect(crc32c(Buffer.alloc(0))).toBe(0)
})

test("of any bytes it is what kafkajs says", () => {
  const path = "kafkajs/src/protocol/recordBatch/crc32C"
  const theirs = createRequire(import.meta.url)(path) as (bytes: Uint8Array) => number
  const bytes = crypto.getRandomValues(new Uint8Array(1_000))
  for (let from = 0; from < 20; from += 1) {
    for (let to = from; to < from + 40; to += 1) {
      const some = bytes.subarray(from, to)
      expect(crc32c(some)).toBe(theirs(some))
    }
  }
  expect(crc32c(bytes)).toBe(theirs(bytes))
})
