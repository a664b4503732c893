import { beforeAll, describe, expect, inject, test } from "vitest"
import { serveWeb } from "#kernel/testing/web-server.ts"
import { createClient, type LogLine, type Run, type RunEvent, WfProblem, WfUnreachable } from "#sdk/index.ts"

const options = { url: inject("url"), token: inject("token") }
const wf = createClient(options)

const source = `
name: on-node
inputs: { name: { type: string, default: Ada } }
tasks:
  first: { run: 'echo "hello, $NAME"; echo "said=yes" >> "$WF_OUTPUT"', env: { NAME: "\${{ inputs.name }}" } }
  second: { needs: [first], run: "for n in 1 2 3; do echo line $n; done" }
`

const slow = `
name: slow-on-node
tasks: { wait: { uses: sleep, with: { duration: 1h } } }
`

beforeAll(async () => {
  await wf.workflows.push(source, "on-node.yml")
  await wf.workflows.push(slow, "slow-on-node.yml")
})

const all = async <Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> => {
  const found: Item[] = []
  for await (const item of items) found.push(item)
  return found
}

const ended = async (run: Pick<Run, "id">): Promise<Run> => {
  await all(wf.runs.watch(run.id))
  return wf.runs.get(run.id)
}

/** Between us and the platform, where it may be decided what happens to each request. */
const between = (passing: (send: () => Promise<Response>, request: Request) => Promise<Response>) =>
  createClient({ ...options, fetch: (request) => passing(() => fetch(request), request) })

describe("a run", () => {
  test("is started, watched to its end, and has its outputs", async () => {
    const { id } = await wf.runs.start({ workflow: "on-node", inputs: { name: "Grace" } })
    const events: RunEvent[] = []
    for await (const event of wf.runs.watch(id)) events.push(event)
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
    expect(events.at(-1)).toMatchObject({ type: "workflow.completed", status: "completed" })
    const { tasks } = await wf.runs.get(id)
    expect(tasks?.find(({ task }) => task === "first")?.outputs).toEqual({ said: "yes" })
  })

  test("has its log followed to the end, and read again from where it was", async () => {
    const { id } = await wf.runs.start({ workflow: "on-node" })
    const lines: LogLine[] = []
    for await (const line of wf.runs.logs(id, { follow: true })) lines.push(line)
    expect(lines.map(({ text }) => text)).toEqual(["hello, Ada", "line 1", "line 2", "line 3"])
    const rest = await all(wf.runs.logs(id, { cursor: lines[1]?.cursor ?? "" }))
    expect(rest.map(({ text }) => text)).toEqual(["line 2", "line 3"])
  })

  test("is watched on after a connection that broke: no gap, no double", async () => {
    let streams = 0
    const cut = between(async (send, { url }) => {
      const answer = await send()
      if (!url.endsWith("/events") || !answer.body) return answer
      streams += 1
      if (streams > 1) return answer
      const reader = answer.body.getReader()
      const { value } = await reader.read()
      await reader.cancel()
      const pieces = [value ?? new Uint8Array()]
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          const piece = pieces.shift()
          if (piece) controller.enqueue(piece)
          else controller.error(new TypeError("the connection was closed"))
        },
      })
      return new Response(body, answer)
    })
    const { id } = await wf.runs.start({ workflow: "on-node" })
    await ended({ id })
    const seqs = (await all(cut.runs.watch(id))).map(({ seq }) => seq)
    expect(streams).toBe(2)
    expect(seqs).toEqual((await all(wf.runs.watch(id))).map(({ seq }) => seq))
  })

  test("is no longer watched by who has left", async () => {
    const { id } = await wf.runs.start({ workflow: "slow-on-node" })
    const leaving = new AbortController()
    const watched = async () => {
      for await (const event of wf.runs.watch(id, { signal: leaving.signal })) {
        if (event.type === "task.waiting") leaving.abort()
      }
    }
    await expect(watched()).rejects.toMatchObject({ name: "AbortError" })
    await wf.runs.cancel(id)
    expect((await ended({ id })).status).toBe("cancelled")
  })

  test("is started once, however often its start has to be sent", async () => {
    let tries = 0
    const losing = between(async (send) => {
      const answer = await send()
      tries += 1
      if (tries < 3) throw new TypeError("the connection was closed")
      return answer
    })
    const before = await all(wf.runs.all({ workflow: "on-node" }))
    const { id } = await losing.runs.start({ workflow: "on-node" })
    const after = await all(wf.runs.all({ workflow: "on-node" }))
    expect([tries, after.length - before.length]).toEqual([3, 1])
    expect(after.map((run) => run.id)).toContain(id)
  })
})

test("a list is read page after page", async () => {
  const keys = Array.from({ length: 5 }, (_, index) => `page-${index}`)
  await wf.jobs.createMany(
    keys.map((idempotency_key) => ({ type: "of-pages", payload: {}, idempotency_key, max_retries: 1 })),
  )
  const found = await all(wf.jobs.all({ type: "of-pages", limit: 2 }))
  expect(found.map((job) => job.idempotency_key).toSorted()).toEqual(keys)
})

describe("what the platform refuses", () => {
  test("is a problem with all its fields", async () => {
    const refused = await wf.workflows.push("name: Wrong Name\ntasks: {}").catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(WfProblem)
    expect(refused).toMatchObject({
      ...{ status: 422, code: "workflow.invalid", title: expect.any(String), next: expect.any(String) },
      ...{ request_id: expect.any(String), errors: [{ path: "name", message: expect.any(String) }, {}] },
    })
  })

  test("is told by its code", async () => {
    const id = "01900000-0000-7000-8000-000000000000"
    await expect(wf.runs.get(id)).rejects.toMatchObject({ status: 404, code: "run.not_found" })
    const nobody = createClient({ ...options, token: "wf_nobody" })
    await expect(nobody.runs.list()).rejects.toMatchObject({ status: 401 })
  })
})

test("a platform that can't be reached, or doesn't answer, is told from one that refuses", async () => {
  const silent = await serveWeb(() => new Promise<Response>(() => undefined))
  const late = createClient({ ...options, url: silent.url, timeout_ms: 100 })
  await expect(late.runs.list()).rejects.toMatchObject({ name: "WfUnreachable", url: silent.url })
  await silent.stop()
  await expect(late.runs.list()).rejects.toBeInstanceOf(WfUnreachable)
})

test("files go up and come down as streams", async () => {
  const { id } = await ended(await wf.runs.start({ workflow: "on-node" }))
  const piece = new Uint8Array(1024 * 1024).fill(7)
  let left = 8
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      left -= 1
      if (left < 0) controller.close()
      else controller.enqueue(piece)
    },
  })
  const stored = await wf.artifacts.upload(id, { name: "out/large.bin", body })
  expect(stored.size_bytes).toBe(8 * piece.length)
  const down = await wf.artifacts.download(id, "out/large.bin", { start: 5 })
  let size_bytes = 0
  for await (const bytes of down.body ?? []) size_bytes += bytes.length
  expect(size_bytes).toBe(8 * piece.length - 5)
})
