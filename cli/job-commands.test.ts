import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Io } from "./io.ts"
import { program } from "./program.ts"
import { capture } from "./testing/capture.ts"

const id = "01a1fd93-a0b6-7000-9d5a-78a89c8fffff"

const job = {
  ...{ id, idempotency_key: null, type: "notify", payload: { a: 1 }, queue: "mail", priority: 0 },
  ...{ status: "dead_letter", attempt: 3, max_retries: 2, run_at: null, timeout: "1d", result: null },
  ...{ error: { code: "flaky.failed", message: "By\u001b[31m chance" }, worker_id: "w" },
  ...{ created_at: "2026-03-01T11:00:00.000Z", updated_at: "2026-03-01T11:30:00.000Z" },
  ...{ started_at: "2026-03-01T11:29:58.000Z", completed_at: "2026-03-01T11:30:00.000Z" },
}

const queue = {
  ...{ name: "mail", paused: true, pending: 1, queued: 2, running: 3, retrying: 4, dead_letters: 5 },
  ...{ concurrency: 6, rate_limit: { limit: 7, per: "minute" } },
}

const letter = { id, job, reason: "flaky.failed", attempts: 3, died_at: "2026-03-01T11:30:00.000Z" }

const worker = {
  ...{ id, name: "here", queues: ["*"], labels: { zone: "a" }, slots: 8, inline_slots: 500 },
  ...{ types: ["noop"], functions: ["greet"], remote: false, busy: 2, status: "busy" },
  ...{ started_at: "2026-03-01T11:00:00.000Z", last_seen_at: "2026-03-01T11:59:58.000Z" },
}

const problem = { code: "request.invalid", detail: "type: is missing", title: "", status: 422, next: "" }

let server: ReturnType<typeof Bun.serve>
let home: string
let asked: { line: string; body: unknown }[]

const page = (item: unknown) => ({ items: [item], next_cursor: null })

const answers: Readonly<Record<string, unknown>> = {
  "GET /jobs": page(job),
  [`GET /jobs/${id}`]: job,
  "POST /jobs": job,
  "POST /jobs/batch": { items: [{ job }, { problem }] },
  [`POST /jobs/${id}/cancel`]: { ...job, status: "cancelled" },
  "GET /dead-letters": page(letter),
  [`POST /dead-letters/${id}/replay`]: job,
  "POST /dead-letters/replay": { replayed: 2, more: false },
  "POST /dead-letters/drop": { dropped: 3, more: false },
  "GET /queues": page(queue),
  "GET /queues/mail": queue,
  "PUT /queues/mail": queue,
  "POST /queues/mail/pause": queue,
  "POST /queues/mail/resume": { ...queue, paused: false },
  "GET /workers": page(worker),
}

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "wf-cli-jobs-"))
  asked = []
  server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { pathname, search } = new URL(request.url)
      const line = `${request.method} ${pathname.replace("/api/v1", "")}`
      const text = await request.text()
      asked.push({ line: line + search, body: text === "" ? undefined : JSON.parse(text) })
      const answer = answers[line]
      return answer === undefined ? new Response(null, { status: 204 }) : Response.json(answer)
    },
  })
})
afterEach(async () => {
  await server.stop(true)
  rmSync(home, { recursive: true, force: true })
})

const wf = async (words: readonly string[], more: Partial<Io> = {}) => {
  const environment = { XDG_CONFIG_HOME: home, WF_URL: `http://127.0.0.1:${server.port}` }
  const io = capture({ environment, columns: 200, ...more })
  const code = await program(words, io)
  return { code, out: io.printed, note: io.noted.join("\n") }
}

const faces: readonly [words: string[], table: string[], piped: string][] = [
  [
    ["jobs", "list"],
    [
      "JOB                                   TYPE    QUEUE  STATUS       TRY  CREATED  TOOK  ERROR",
      `${id}  notify  mail   dead_letter  3    1h ago   2.0s  By chance`,
    ],
    `${id}\tnotify\tmail\tdead_letter\t3\t2026-03-01T11:00:00.000Z\t2026-03-01T11:30:00.000Z\tBy chance`,
  ],
  [
    ["dead-letters", "list"],
    [
      "DEAD LETTER                           JOB                                   TYPE    QUEUE  TRIES  DIED     REASON",
      `${id}  ${id}  notify  mail   3      30m ago  flaky.failed`,
    ],
    `${id}\t${id}\tnotify\tmail\t3\t2026-03-01T11:30:00.000Z\tflaky.failed`,
  ],
  [
    ["queues", "list"],
    [
      "QUEUE  STATE   PENDING  QUEUED  RUNNING  RETRYING  DEAD  AT ONCE  RATE",
      "mail   paused  1        2       3        4         5     6        7/minute",
    ],
    "mail\tpaused\t1\t2\t3\t4\t5\t6\t7/minute",
  ],
  [
    ["workers", "list"],
    [
      "WORKER                                NAME  STATUS  BUSY  SLOTS  INLINE  QUEUES  SEEN    LABELS  FUNCTIONS",
      `${id}  here  busy    2     8      500     *       2s ago  zone=a  greet`,
    ],
    `${id}\there\tbusy\t2\t8\t500\t*\t2026-03-01T11:59:58.000Z\tzone=a\tgreet`,
  ],
]

describe.each(faces)("%p", (words, table, piped) => {
  test("is a table on a terminal", async () => {
    expect((await wf(words, { out_is_tty: true })).out).toEqual(table)
  })

  test("is values between tabs in a pipe, and with --json the API's object", async () => {
    expect((await wf(words)).out).toEqual([piped])
    const { out } = await wf([...words, "--json"])
    expect(JSON.parse(out[0] ?? "")).toHaveProperty("items")
  })
})

describe("a job", () => {
  test("is shown with its fields, those that are empty left out for a person", async () => {
    const { out } = await wf(["jobs", "show", id], { out_is_tty: true })
    expect(out.join("\n")).toMatch(/payload +\{"a":1\}/)
    expect(out.join("\n")).not.toContain("run_at")
    expect((await wf(["jobs", "show", id])).out).toContain("run_at\t")
    expect((await wf(["jobs", "show", id, "--field", "error.code"])).out).toEqual(["flaky.failed"])
  })

  test("is made with all that was given, and its id is printed", async () => {
    const words = ["--payload", '{"a":[1]}', "--queue", "mail", "--priority", "-5", "--max-retries", "2"]
    const more = ["--run-at", "2026-03-01T09:00:00Z", "--timeout", "5m", "--key", "once"]
    expect(await wf(["jobs", "create", "notify", ...words, ...more])).toEqual({
      code: 0,
      out: [id],
      note: "",
    })
    expect(asked[0]?.body).toEqual({
      ...{ type: "notify", payload: { a: [1] }, queue: "mail", priority: -5, max_retries: 2 },
      ...{ run_at: "2026-03-01T09:00:00Z", timeout: "5m" },
    })
  })

  test("takes its payload from stdin", async () => {
    await wf(["jobs", "create", "notify", "--payload", "-"], { readStdin: async () => "[1]\n" })
    expect(asked[0]?.body).toEqual({ type: "notify", payload: [1] })
  })

  test("of a file is one of a batch; who is refused is told, and the rest is made", async () => {
    const path = join(home, "jobs.jsonl")
    writeFileSync(path, '{"type":"notify"}\n\n{"payload":1}\n')
    const { code, out, note } = await wf(["jobs", "create", "--file", path])
    expect([code, out, note]).toEqual([2, [id], "wf: job 2: type: is missing"])
    expect(asked[0]?.body).toEqual({ jobs: [{ type: "notify" }, { payload: 1 }] })
  })

  test("is cancelled", async () => {
    expect(await wf(["jobs", "cancel", id])).toEqual({ code: 0, out: [], note: "Cancelled." })
  })

  test.each([
    [["create"], "Give a type"],
    [["create", "noop", "--file", "x"], "Give a type"],
    [["create", "noop", "--payload", "{"], "--payload takes JSON"],
    [["create", "noop", "--priority", "high"], "--priority takes a whole number"],
    [["create", "--file", "-"], "-:1: a job is a JSON object"],
  ])("made by %p is refused before anything is sent", async (words, says) => {
    const { code, note } = await wf(["jobs", ...words], { readStdin: async () => "5" })
    expect([code, note]).toEqual([2, expect.stringContaining(says)])
    expect(asked).toEqual([])
  })
})

describe("dead letters", () => {
  test("are replayed and dropped one by one", async () => {
    expect((await wf(["dead-letters", "replay", id])).out).toEqual([id])
    expect((await wf(["dead-letters", "drop", id])).code).toBe(0)
    expect(asked.map(({ line }) => line)).toEqual([
      `POST /dead-letters/${id}/replay`,
      `POST /dead-letters/${id}/drop`,
    ])
  })

  test("are replayed and dropped by what they have in common, when that is meant", async () => {
    expect((await wf(["dead-letters", "replay", "--queue", "mail", "--yes"])).out).toEqual(["2"])
    const { out } = await wf(["dead-letters", "drop", "--type", "notify"], { ask: async () => "y" })
    expect(out).toEqual(["3"])
    expect(asked.map(({ body }) => body)).toEqual([{ queue: "mail" }, { type: "notify" }])
  })

  test.each([[undefined], [""], ["no"]])("are left alone when the answer is %p", async (answer) => {
    const { code, note } = await wf(["dead-letters", "drop", "--all"], { ask: async () => answer })
    expect([code, note]).toEqual([2, expect.stringContaining("--yes")])
    expect(asked).toEqual([])
  })

  test.each([[["replay"]], [["drop", id, "--all"]]])("named by %p are refused", async (words) => {
    expect((await wf(["dead-letters", ...words, "--yes"])).code).toBe(2)
  })
})

describe("the keys of a new job", () => {
  test("are sent as they are given", async () => {
    const limits = [
      "--concurrency-key",
      "prod",
      "--concurrency-limit",
      "2",
      "--on-conflict",
      "cancel_running",
    ]
    await wf(["jobs", "create", "noop", ...limits, "--rate-key", "mail", "--rate", "10/m"])
    await wf(["jobs", "create", "noop", "--concurrency-key", "prod"])
    expect(asked.map(({ body }) => body)).toEqual([
      {
        type: "noop",
        concurrency: { key: "prod", limit: 2, on_conflict: "cancel_running" },
        rate_limit: { key: "mail", limit: 10, per: "minute" },
      },
      { type: "noop", concurrency: { key: "prod" } },
    ])
  })

  test.each([
    [["--concurrency-limit", "2"]],
    [["--on-conflict", "reject"]],
    [["--concurrency-key", "a", "--on-conflict", "ignore"]],
    [["--concurrency-key", "a", "--concurrency-limit", "many"]],
    [["--rate-key", "a"]],
    [["--rate", "1/s"]],
    [["--rate-key", "a", "--rate", "often"]],
  ])("are refused as %p", async (words) => {
    expect((await wf(["jobs", "create", "noop", ...words])).code).toBe(2)
    expect(asked).toEqual([])
  })
})

describe("a queue", () => {
  test("is limited, and its limits are taken away", async () => {
    await wf(["queues", "set", "mail", "--concurrency", "5", "--rate", "10/s"])
    await wf(["queues", "set", "mail", "--rate", "none"])
    expect(asked.map(({ body }) => body)).toEqual([
      { concurrency: 5, rate_limit: { limit: 10, per: "second" } },
      { rate_limit: null },
    ])
  })

  test.each([[[]], [["--rate", "often"]], [["--concurrency", "all"]]])(
    "set to %p is refused",
    async (words) => {
      expect((await wf(["queues", "set", "mail", ...words])).code).toBe(2)
      expect(asked).toEqual([])
    },
  )

  test("is shown, paused and resumed", async () => {
    expect((await wf(["queues", "show", "mail", "--field", "queued"])).out).toEqual(["2"])
    expect((await wf(["queues", "pause", "mail"])).out[0]).toStartWith("mail\tpaused")
    expect((await wf(["queues", "resume", "mail"])).out[0]).toStartWith("mail\topen")
  })
})
