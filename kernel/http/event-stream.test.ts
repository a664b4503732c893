import { expect, test } from "bun:test"
import { testReader } from "#kernel/testing/reader.ts"
import { until } from "#kernel/testing/until.ts"
import { eventStream, type ServerSent } from "./event-stream.ts"

const sent = (id: number, data = "{}"): ServerSent => ({ id: String(id), event: "told", data })

const asItIs = (one: ServerSent) => one

test("what comes together is sent together, and nothing at all is a comment", async () => {
  async function* events() {
    yield [sent(1), sent(2, '"two"')]
    yield []
    yield [sent(3)]
  }
  const response = eventStream(events(), asItIs, testReader())
  expect(response.headers.get("content-type")).toBe("text/event-stream")
  expect(await response.text()).toBe(
    'event: told\ndata: {}\nid: 1\n\nevent: told\ndata: "two"\nid: 2\n\n: still here\n\nevent: told\ndata: {}\nid: 3\n\n',
  )
})

test("what has ended is answered as a whole", async () => {
  const server = Bun.serve({
    port: 0,
    fetch: () => eventStream([[sent(1), sent(2)], [sent(3)]], asItIs, testReader()),
  })
  const response = await fetch(server.url)
  expect(response.headers.get("content-type")).toBe("text/event-stream")
  const text = await response.text()
  expect(response.headers.get("content-length")).toBe(String(text.length))
  expect(text.match(/(?<=id: )\d/g)).toEqual(["1", "2", "3"])
  await server.stop(true)
})

test("who leaves is told, and the events are closed", async () => {
  const reader = testReader()
  let asked = 0
  let closed = false
  async function* events() {
    try {
      for (;;) {
        asked += 1
        yield [sent(asked)]
        if (asked === 2) await new Promise((resolve) => reader.signal.addEventListener("abort", resolve))
      }
    } finally {
      closed = true
    }
  }
  const server = Bun.serve({ port: 0, fetch: () => eventStream(events(), asItIs, reader) })
  const client = new AbortController()
  const response = await fetch(server.url, { signal: client.signal })
  await response.body?.getReader().read()
  client.abort()
  await until("the events are left", () => closed)
  expect(reader.signal.aborted).toBe(true)
  await server.stop(true)
})
