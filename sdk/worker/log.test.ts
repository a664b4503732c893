import { expect, test } from "bun:test"
import { WfProblem } from "../problem.ts"
import type { LogChunk } from "./api.ts"
import { createShipper } from "./log.ts"

/** What a request may hold, as the platform's HTTP says. */
const max_body_bytes = 4 * 1024 * 1024
const max_chunk_bytes = 64 * 1024

/** Takes chunks as the platform does, and refuses a request in which one chunk has a line that it can't read. */
const givenStore = ({ poison = "" } = {}) => {
  const stored = new Map<string, LogChunk>()
  let refusals = 0
  const refuse = (status: number): never => {
    refusals += 1
    throw new WfProblem({ status })
  }
  const logs = async (_worker_id: string, chunks: readonly LogChunk[]) => {
    const bytes = Buffer.byteLength(JSON.stringify({ chunks }))
    if (bytes > max_body_bytes) refuse(413)
    for (const { lines } of chunks) {
      const long = lines.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0) > max_chunk_bytes
      const isPoison = poison !== "" && lines.some(({ text }) => text.includes(poison))
      if (long || isPoison) refuse(422)
    }
    for (const chunk of chunks) stored.set(`${chunk.task_run_id} ${chunk.chunk}`, chunk)
    return { items: [] }
  }
  const linesOf = (task_run_id: string) =>
    [...stored.values()]
      .filter((chunk) => chunk.task_run_id === task_run_id)
      .sort((one, other) => one.chunk - other.chunk)
      .flatMap(({ lines }) => lines)
  return { api: { logs }, refused: () => refusals, linesOf }
}

const source = (task_run_id: string) => ({ task_run_id, token: "1", worker_id: "worker", forms: [] })

test("a chunk that is refused takes nobody else's lines with it, and its place says that there were some", async () => {
  const { api, linesOf } = givenStore({ poison: "poison" })
  const shipper = createShipper(api)
  const [first, bad, last] = ["first", "bad", "last"].map((id) => shipper.open(source(id)))
  first?.log("one")
  bad?.log("some poison\nand more")
  last?.log("two")
  for (const one of [first, bad, last]) one?.end()
  await shipper.flush(10_000)
  expect(linesOf("first").map(({ text }) => text)).toEqual(["one"])
  expect(linesOf("last").map(({ text }) => text)).toEqual(["two"])
  expect(linesOf("bad")).toMatchObject([
    { stream: "system", text: expect.stringMatching(/^warning: 2 lines are left/) },
  ])
})

test.each([
  ["empty lines", "", 100_000],
  ["lines of which each character takes six when it is sent", "\u0001".repeat(2_000), 600],
  ["lines of characters with three bytes", "語".repeat(16_384), 100],
])("many %s are stored whole, in requests that are taken", async (_, text, count) => {
  const { api, refused, linesOf } = givenStore()
  const shipper = createShipper(api)
  const log = shipper.open(source("many"))
  for (let line = 0; line < count; line += 1) log.log(text)
  log.end()
  await shipper.flush(10_000)
  expect(linesOf("many").map((line) => line.text)).toEqual(Array.from({ length: count }, () => text))
  expect(refused()).toBe(0)
})
