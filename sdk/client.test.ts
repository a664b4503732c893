import { afterEach, describe, expect, test } from "bun:test"
import { until } from "#kernel/testing/until.ts"
import { serveWeb, type WebServer } from "#kernel/testing/web-server.ts"
import { createClient, type LogLine, type RunEvent, WfProblem, WfUnreachable } from "./index.ts"

type Seen = { readonly url: string; readonly headers: Headers }

type Answer = (request: Request) => Response | Promise<Response>

const servers: WebServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop()
})

/** A server that answers its first requests one way each, and further ones like the last. */
const serve = async (...answers: readonly Answer[]) => {
  const requests: Seen[] = []
  const server = await serveWeb((request) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)]
    requests.push({ url: request.url, headers: new Headers(request.headers) })
    return answer?.(request) ?? new Response("no answer is given", { status: 500 })
  })
  servers.push(server)
  const { url } = server
  return { url, requests, client: createClient({ url, token: "secret", timeout_ms: 2_000 }) }
}

const json =
  (body: unknown, status = 200, headers: Record<string, string> = {}): Answer =>
  () =>
    Response.json(body, { status, headers })

const busy = json(
  { status: 503, code: "platform.busy", title: "Busy", detail: "Busy", next: "", errors: [] },
  503,
)

const run = { id: "one", status: "completed" }

const event = (seq: number, type = "task.started"): string =>
  `id: ${seq}\nevent: ${type}\ndata: ${JSON.stringify({ seq, type })}\n\n`

/** How many items have reached the caller, over all streams of a test. */
let arrived = 0
afterEach(() => {
  arrived = 0
})

/** A connection that breaks takes along what is still on its way, so it waits for what the caller is to have. */
const arrivedAll = (count: number) => until(`item ${count} arrives`, () => arrived >= count)

const wholeIn = (pieces: readonly string[]): number => pieces.filter((piece) => piece.endsWith("\n")).length

/** Sends the pieces; then the connection breaks, or the answer ends. */
const stream =
  (pieces: readonly string[], end: "break" | "end"): Answer =>
  () =>
    new Response(
      new ReadableStream({
        async start(controller) {
          const expected = arrived + wholeIn(pieces)
          for (const piece of pieces) {
            controller.enqueue(new TextEncoder().encode(piece))
            await new Promise((resolve) => setImmediate(resolve))
          }
          if (end === "break") await arrivedAll(expected)
          if (end === "break") controller.error(new Error("cut"))
          else controller.close()
        },
      }),
      { headers: { "content-type": "text/event-stream" } },
    )

const refuse: Answer = () => new Response("gone", { status: 502 })

const cursorsOf = (requests: readonly Seen[]) => requests.map((one) => one.headers.get("last-event-id"))

const all = async <Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> => {
  const found: Item[] = []
  for await (const item of items) {
    found.push(item)
    arrived += 1
  }
  return found
}

const seqs = (events: readonly RunEvent[]) => events.map(({ seq }) => seq)

describe("watching a run", () => {
  test("goes on where a cut stream ended: no gap, no double", async () => {
    const { client, requests } = await serve(
      stream([event(1), event(2), "id: 3\nda"], "break"),
      stream([event(2), event(3)], "end"),
      refuse,
      stream([event(4, "workflow.completed")], "end"),
    )
    expect(seqs(await all(client.runs.watch("one")))).toEqual([1, 2, 3, 4])
    expect(cursorsOf(requests).slice(0, 3)).toEqual(["0", "2", "3"])
    expect(cursorsOf(requests).at(-1)).toBe("3")
  })

  test("reads events however their bytes arrive, and passes over comments", async () => {
    const text = `: hello\n\n${event(1)}: still here\n\n${event(2, "workflow.completed").replaceAll("\n", "\r\n")}`
    const { client } = await serve(stream([...text], "end"))
    expect(seqs(await all(client.runs.watch("one")))).toEqual([1, 2])
  })

  test("begins after the event that is named", async () => {
    const { client, requests } = await serve(stream([event(8, "workflow.completed")], "end"))
    expect(seqs(await all(client.runs.watch("one", { after: 7 })))).toEqual([8])
    expect(cursorsOf(requests)).toEqual(["7"])
  })

  test("of a run that isn't there is refused at once", async () => {
    const { client, requests } = await serve(
      json({ code: "run.not_found", status: 404, title: "There is no such run" }, 404),
    )
    await expect(all(client.runs.watch("one"))).rejects.toMatchObject({ code: "run.not_found" })
    expect(requests).toHaveLength(1)
  })

  test("gives up when the server stays away for longer than it may", async () => {
    const { client } = await serve(stream([event(1)], "break"), stream([], "break"))
    await expect(all(client.runs.watch("one", { max_away_ms: 100 }))).rejects.toThrow()
  })

  test("ends when its caller leaves, also while it waits for the server", async () => {
    const leaving = new AbortController()
    const { client } = await serve(stream([event(1)], "break"), () => {
      leaving.abort()
      return new Response(null, { status: 503 })
    })
    await expect(all(client.runs.watch("one", { signal: leaving.signal }))).rejects.toThrow()
  })
})

describe("following a log", () => {
  const line = (number: number) => `${JSON.stringify({ cursor: `c${number}`, text: `line ${number}` })}\n`

  test("goes on after the last line that came whole, until the run has ended", async () => {
    const cursors: (string | null)[] = []
    let streams = 0
    const { client } = await serve((request) => {
      const { pathname, searchParams } = new URL(request.url)
      if (!pathname.endsWith("/logs")) return Response.json(run)
      cursors.push(searchParams.get("cursor"))
      streams += 1
      if (streams === 1) return stream([line(1), line(2), line(3).slice(0, 12)], "break")(request)
      return stream([line(3)], "end")(request)
    })
    const texts = (await all(client.runs.logs("one", { follow: true }))).map(({ text }: LogLine) => text)
    expect(texts).toEqual(["line 1", "line 2", "line 3"])
    expect(cursors).toEqual([null, "c2"])
  })

  test("asks for the last lines only once", async () => {
    const tails: (string | null)[] = []
    const { client } = await serve((request) => {
      const { pathname, searchParams } = new URL(request.url)
      if (!pathname.endsWith("/logs")) return Response.json(run)
      tails.push(searchParams.get("tail"))
      return stream([line(tails.length)], tails.length === 1 ? "break" : "end")(request)
    })
    await all(client.runs.logs("one", { follow: true, tail: 5 }))
    expect(tails).toEqual(["5", null])
  })

  test("without following ends with what there is", async () => {
    const { client, requests } = await serve(stream([line(1)], "end"))
    expect(await all(client.runs.logs("one"))).toHaveLength(1)
    expect(requests).toHaveLength(1)
  })
})

test("all pages of a list are read, each from where the last one ended", async () => {
  const pages = [
    { items: [{ id: "a" }, { id: "b" }], next_cursor: "b" },
    { items: [{ id: "c" }], next_cursor: null },
  ]
  const { client, requests } = await serve(...pages.map((page) => json(page)))
  expect((await all(client.runs.all({ status: "failed" }))).map(({ id }) => id)).toEqual(["a", "b", "c"])
  const queries = requests.map(({ url }) => new URL(url).search)
  expect(queries).toEqual(["?limit=200&status=failed", "?limit=200&status=failed&cursor=b"])
})

describe("a request", () => {
  test("carries the token and the workspace", async () => {
    const { url, requests } = await serve(json(run))
    await createClient({ url: `${url}/`, token: "secret", workspace: "team" }).runs.get("a/b")
    const [request] = requests
    expect(new URL(request?.url ?? "").pathname).toBe("/api/v1/runs/a%2Fb")
    expect(request?.headers.get("authorization")).toBe("Bearer secret")
    expect(request?.headers.get("wf-workspace")).toBe("team")
  })

  test("that starts a run is sent again with the same key, so that it starts once", async () => {
    const { client, requests } = await serve(busy, json(run, 201))
    await client.runs.start({ workflow: "one" })
    const keys = requests.map((request) => request.headers.get("idempotency-key"))
    expect(keys).toHaveLength(2)
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/)
    expect(new Set(keys).size).toBe(1)
  })

  test("that starts a run is sent again when its answer was lost", async () => {
    const { url } = await serve(json(run, 201))
    const keys: (string | null)[] = []
    const client = createClient({
      url,
      fetch: async (request) => {
        keys.push(request.headers.get("idempotency-key"))
        const answer = await fetch(request)
        if (keys.length === 1) throw new TypeError("the connection was closed")
        return answer
      },
    })
    expect((await client.runs.start({ workflow: "one", idempotency_key: "mine" })).id).toBe("one")
    expect(keys).toEqual(["mine", "mine"])
  })

  test("that isn't repeatable is sent once", async () => {
    const { client, requests } = await serve(busy)
    await expect(client.identity.createToken({ name: "ci" })).rejects.toMatchObject({ status: 503 })
    expect(requests).toHaveLength(1)
  })

  test("is not sent for ever to a server that stays busy", async () => {
    const { client, requests } = await serve(busy)
    await expect(client.runs.get("one")).rejects.toMatchObject({ code: "platform.busy" })
    expect(requests).toHaveLength(4)
  })

  test("comes back when `Retry-After` says, whatever is written there", async () => {
    const { client, requests } = await serve(
      json({}, 429, { "retry-after": new Date(0).toUTCString() }),
      json({}, 429, { "retry-after": "nonsense" }),
      json(run),
    )
    expect(await client.runs.get("one")).toMatchObject(run)
    expect(requests).toHaveLength(3)
  })

  test("to a server that never answers ends at its deadline, and is not repeated", async () => {
    const { url, requests } = await serve(() => new Promise<never>(() => undefined))
    await expect(createClient({ url, timeout_ms: 50 }).runs.get("one")).rejects.toBeInstanceOf(WfUnreachable)
    expect(requests).toHaveLength(1)
  })

  test("to nobody says whom it could not reach", async () => {
    const { url } = await serve(json(run))
    await servers.splice(0)[0]?.stop()
    await expect(createClient({ url }).runs.get("one")).rejects.toMatchObject({ name: "WfUnreachable", url })
  })
})

describe("a refusal", () => {
  test("has all that the platform says", async () => {
    const body = {
      ...{ type: "urn:wf:problem:workflow.invalid", title: "Not valid", status: 422, detail: "One fault." },
      ...{ code: "workflow.invalid", next: "Correct it.", request_id: "r1" },
      errors: [{ path: "tasks.a", message: "has no run" }],
    }
    const { client } = await serve(json(body, 422))
    const refused = await client.workflows.get("one").catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(WfProblem)
    const { type: _, detail: message, ...fields } = body
    expect(refused).toMatchObject({ ...fields, message })
  })

  test.each([
    ["a page of a proxy", "<html>502</html>"],
    ["nothing", ""],
    ["null", "null"],
    ["something else", '{"errors":{"a":1},"message":"no"}'],
  ])("of %s is a problem too", async (_, body) => {
    const { client } = await serve(() => new Response(body, { status: 400 }))
    await expect(client.runs.get("one")).rejects.toMatchObject({ name: "WfProblem", status: 400, errors: [] })
  })

  test("says so when a server answers something that isn't JSON", async () => {
    const { client } = await serve(() => new Response("<html>hello</html>"))
    await expect(client.runs.get("one")).rejects.toMatchObject({
      name: "WfProblem",
      code: "answer.unreadable",
    })
  })
})

describe("the same client with other settings", () => {
  const silent = () => new Promise<Response>(() => undefined)

  test("gives up what is asked when its signal fires, or the first one's", async () => {
    const { url, requests } = await serve(silent)
    for (const fired of [0, 1]) {
      const leaving = [new AbortController(), new AbortController()] as const
      const client = createClient({ url, signal: leaving[0].signal }).with({ signal: leaving[1].signal })
      const asked = client.runs.get("one")
      await until("it is asked", () => requests.length === fired + 1)
      leaving[fired]?.abort(new Error("left"))
      await expect(asked).rejects.toThrow("left")
    }
  })

  test("ends what it follows when its signal fires, for whatever reason", async () => {
    const { client } = await serve(stream([event(1)], "break"), busy)
    const leaving = new AbortController()
    const seen: number[] = []
    const watched = (async () => {
      for await (const { seq } of client.with({ signal: leaving.signal }).runs.watch("one")) {
        seen.push(seq)
        arrived += 1
        leaving.abort(new Error("seen enough"))
      }
    })()
    await expect(watched).rejects.toThrow()
    expect(seen).toEqual([1])
  })

  test("asks in another workspace, and with another deadline", async () => {
    const { client, requests, url } = await serve(json(run), silent)
    await client.with({ workspace: "team" }).runs.get("one")
    expect(requests[0]?.headers.get("wf-workspace")).toBe("team")
    expect(requests[0]?.headers.get("authorization")).toBe("Bearer secret")
    await expect(client.with({ timeout_ms: 50 }).runs.get("one")).rejects.toMatchObject({ url })
  })
})

test("a list that nobody waits for any more is given up, and its signal is no part of what is asked", async () => {
  const given = await serve(() => new Promise<Response>(() => undefined))
  const leaving = new AbortController()
  const listed = given.client.runs.list({ limit: 5, signal: leaving.signal })
  await until("it is asked", () => given.requests.length === 1)
  leaving.abort(new Error("left"))
  await expect(listed).rejects.toThrow("left")
  expect(new URL(given.requests[0]?.url ?? "").search).toBe("?limit=5")
})
