import { describe, expect, test } from "bun:test"
import { until } from "#kernel/testing/until.ts"
import { type Client, type Page, WfProblem } from "#sdk/index.ts"
import type { Job, Run } from "#sdk/shapes.ts"
import { pollFacts } from "../screen/poll.ts"
import type { Pressed } from "../screen/pressed.ts"
import { roomsOf } from "../screen/rooms.ts"
import type { Section } from "../screen/section.ts"
import { type Facts, sources } from "./facts.ts"
import { answerTo } from "./keys.ts"
import { screenOf } from "./rows.ts"
import { type Change, firstState, reduce, type TopState } from "./state.ts"
import { jobsThroughput, runsThroughput } from "./throughput.ts"

type Deed = NonNullable<ReturnType<typeof answerTo>["deed"]>

const now_ms = Date.parse("2026-03-01T12:00:00.000Z")
const ago = (seconds: number) => new Date(now_ms - seconds * 1000).toISOString()
const evil = "\u001b]52;c;ZXZpbA==\u0007\u001b[2J\u009b1A\r\n\u202e"

const page = <Item>(items: readonly Item[], next_cursor: string | null = null): Page<Item> => ({
  items,
  next_cursor,
})

const run = (more: Partial<Run>): Run => ({
  ...{ id: "r1", workflow: "ship", version: 3, status: "running", reason: null, inputs: {}, outputs: null },
  ...{ trigger: "manual", rerun_of: null, parent: null },
  ...{ created_at: ago(90), started_at: ago(90), finished_at: null },
  ...more,
})

const ended = (id: string, seconds: number, more: Partial<Run> = {}): Run =>
  run({ id, status: "completed", created_at: ago(seconds + 1), finished_at: ago(seconds), ...more })

const failed = (id: string, seconds: number): Run =>
  ended(id, seconds, { status: "failed", reason: "timeout" })

const queue = (name: string, queued = 0) => ({
  ...{ name, paused: false, pending: 0, queued, running: 0, retrying: 0, dead_letters: 0 },
  ...{ concurrency: null, rate_limit: null },
})

const worker = (name: string) => ({
  ...{ id: name, name, queues: ["*"], labels: {}, types: [], functions: [], remote: false },
  ...{ slots: 4, inline_slots: 0, busy: 2, status: "busy" as const },
  ...{ started_at: ago(900), last_seen_at: ago(1) },
})

const letter = (id: string, type: string) => ({
  ...{ id, reason: "task.failed", attempts: 2, died_at: ago(30) },
  job: { id: "j", type, queue: "mail", error: { code: "x", message: "no such address" } } as Job,
})

const facts: Facts = {
  newest: page([ended("r3", 5), failed("r2", 30), run({})]),
  running: page([run({})]),
  paused: page([run({ id: "r0", workflow: "wait", status: "paused" })]),
  pending: page([]),
  failed: page([failed("r2", 30)]),
  jobs: page([]),
  queues: page([queue("default"), queue("mail", 7)]),
  workers: page([worker("one")]),
  dead_letters: page([letter("d1", "notify")]),
}

const frame = { now_ms, columns: 80, rows: 24 }

const textOf = (state: TopState, at = frame): readonly string[] =>
  screenOf(state, at).map(({ segments }) => segments.map(({ text }) => text).join(""))

const state = firstState("http://there", facts)

/** What these keys make of it, one after the other. */
const after = (from: TopState, ...keys: readonly Pressed[]): { state: TopState; deeds: Deed[] } => {
  const deeds: Deed[] = []
  const end = keys.reduce((before, key) => {
    const { look, deed } = answerTo(before, key, now_ms)
    if (deed) deeds.push(deed)
    return look ? reduce(before, { kind: "look", look }) : before
  }, from)
  return { state: end, deeds }
}

describe("the screen", () => {
  test("shows everything there is", () => {
    expect(textOf(state).map((line) => line.trimEnd())).toEqual([
      "wf top  http://there",
      "runs  1 running · 1 paused · 2 ended in 60s, 1 failed            █       █",
      "jobs  0 ended in 60s",
      "work  7 queued · 0 running · 0 to be retried · 1 worker",
      "",
      "1 Running 2",
      "▶ ship  v3  running  1m30s  r1",
      "‖ wait  v3  paused   1m30s  r0",
      "",
      "2 Failed 1",
      "✗ ship  v3  30s ago  after 1m00s  timeout  r2",
      "",
      "3 Queues 2",
      "▶ mail     open  7 queued",
      "· default  open  empty",
      "",
      "4 Workers 1",
      "• one  busy  █████░░░░░  2 busy, 4 slots  *",
      "",
      "5 Dead letters 1",
      "✗ notify  mail  30s ago  2 tries  no such address",
      "",
      "",
      "/ filter · enter open · tab next part · 1-5 one part · q leave · ? keys",
    ])
  })

  test.each([
    [200, 60],
    [80, 24],
    [40, 10],
    [20, 5],
    [10, 2],
  ])("has as many lines as a terminal of %d × %d", (columns, rows) => {
    expect(textOf(state, { now_ms, columns, rows })).toHaveLength(rows)
  })

  test("has nothing of what a server says that moves the cursor", () => {
    const told: Partial<Facts> = {
      running: page([run({ id: evil, workflow: evil, status: evil as "running" })]),
      failed: page([{ ...failed(evil, 3), workflow: evil, reason: evil }]),
      queues: page([queue(evil, 1)]),
      workers: page([{ ...worker(evil), queues: [evil], status: evil as "busy" }]),
      dead_letters: page([{ ...letter("d", evil), reason: evil }]),
    }
    const refused = reduce(firstState(evil, told), { kind: "said", text: evil })
    for (const shown of [refused, after(refused, "5", "open").state]) {
      expect(textOf(shown).join("")).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)
    }
  })

  test("says since when the platform is away, and no more once it answers", () => {
    const away: Change = { kind: "trouble", what: "away", since_ms: now_ms - 5_000 }
    const later = reduce(reduce(state, away), { ...away, since_ms: now_ms })
    expect(textOf(later)[0]).toContain("not answering for 5s, trying again")
    expect(textOf(reduce(later, { kind: "answered", facts: {} }))[0]).not.toContain("not answering")
  })

  test("says why something isn't told", () => {
    const text = "You may not see workers."
    const { workers: _, ...others } = facts
    const told = reduce(firstState("", others), { kind: "refused", name: "workers", text })
    expect(textOf(told)).toContain(`4 Workers   ${text}`)
  })
})

describe("keys", () => {
  test("choose from top to bottom, and open what is chosen", () => {
    expect(after(state, "open").deeds).toEqual([{ deed: "open", run_id: "r1" }])
    expect(after(state, "j", "open").deeds).toEqual([{ deed: "open", run_id: "r0" }])
    expect(after(state, "next", "open").deeds).toEqual([{ deed: "open", run_id: "r2" }])
    const { state: last, deeds } = after(state, "previous", "open")
    expect([last.page, last.selected, deeds]).toEqual(["item", "dead_letters d1", []])
    expect(textOf(last).join("\n")).toContain("no such address")
    expect(after(last, "escape").state.page).toBe("all")
  })

  test("filter by words, wherever they are", () => {
    const { state: typed } = after(state, "/", "M", "h", "x", "erase", "erase", "A", "I")
    expect([typed.filter, typed.is_typing]).toEqual(["MAI", true])
    const shown = textOf(typed).join("\n")
    expect(shown).toContain("mail")
    expect(shown).not.toContain("default")
    expect(after(typed, "open", "open").state.page).toBe("item")
    expect(after(typed, "escape").state.filter).toBe("")
    expect(after(typed, "open", "escape").state.filter).toBe("")
  })

  test("leave, and don't while a filter is typed", () => {
    expect(after(state, "q").deeds).toEqual([{ deed: "leave" }])
    expect(after(state, "/", "q").deeds).toEqual([])
  })

  test("that are no characters aren't typed", () => {
    expect(after(state, "/", "page_up", "ctrl a", "\u0007").state.filter).toBe("")
  })

  test("go on beside a run that has ended meanwhile", () => {
    const { state: chosen } = after(state, "j")
    const gone = reduce(chosen, { kind: "answered", facts: { paused: page([]) } })
    expect(after(gone, "open").deeds).toEqual([{ deed: "open", run_id: "r1" }])
  })
})

describe("room", () => {
  const section = (name: string, count: number): Section => ({
    ...{ name, number: 1, title: name, count: String(count), note: undefined },
    items: Array.from({ length: count }, (_, index) => ({
      ...{ key: `${name} ${index}`, cells: [], values: [] },
    })),
  })

  test("is shared, and what is chosen is always shown", () => {
    const sections = [section("runs", 100), section("failures", 2), section("queues", 0)]
    for (const chosen of [0, 50, 99]) {
      const rooms = roomsOf(sections, `runs ${chosen}`, 12)
      expect(rooms.map(({ count }) => count)).toEqual([7, 2, 0])
      const { first = 0, count = 0 } = rooms[0] ?? {}
      expect(chosen >= first && chosen < first + count).toBe(true)
    }
  })

  test("that is too small is for the part that one is in", () => {
    const sections = [section("runs", 9), section("failures", 9)]
    expect(roomsOf(sections, "failures 8", 3)).toMatchObject([{ section: { name: "failures" }, first: 7 }])
    expect(roomsOf([section("runs", 0)], undefined, 1)).toHaveLength(1)
  })
})

describe("throughput", () => {
  test("is of the last minute", () => {
    const newest = page([ended("a", 1), ended("b", 59), ended("c", 61), failed("d", 10), run({})])
    const { window_s, ended: count, failed: failures, bars } = runsThroughput({ newest }, now_ms)
    expect([window_s, count, failures]).toEqual([60, 3, 1])
    expect([bars.length, bars.reduce((sum, one) => sum + one, 0)]).toEqual([20, 3])
  })

  test("is of as long as what is told reaches back, where more happens", () => {
    const newest = page([ended("a", 1), ended("b", 9)], "more")
    expect(runsThroughput({ newest }, now_ms)).toMatchObject({ window_s: 10, ended: 2 })
  })

  test("counts a failure of a run that began long ago, and none twice", () => {
    const old = failed("old", 4)
    const newest = page([failed("new", 2)])
    expect(runsThroughput({ newest, failed: page([failed("new", 2), old]) }, now_ms)).toMatchObject({
      failed: 2,
    })
  })

  test("is nothing where nothing is known", () => {
    expect(jobsThroughput({}, now_ms)).toMatchObject({ ended: 0, failed: 0 })
  })
})

describe("asking", () => {
  type Ask = (what: string) => Promise<Page<unknown>>

  const clientOf = (ask: Ask): Client => {
    const list = (what: string) => ({ list: ({ status = "" } = {}) => ask(`${what}${status}`) })
    return {
      ...{ runs: list("runs "), jobs: list("jobs"), queues: list("queues") },
      ...{ workers: list("workers"), deadLetters: list("letters") },
    } as unknown as Client
  }

  /** Until so many answers and refusals were told. */
  const polled = async (ask: Ask, count: number): Promise<readonly Change[]> => {
    const over = new AbortController()
    const changes: Change[] = []
    const change = (one: Change) => {
      changes.push(one)
      if (changes.length === count) over.abort()
    }
    await pollFacts({
      sources,
      client: clientOf(ask),
      change,
      now: () => new Date(now_ms),
      signal: over.signal,
    })
    return changes
  }

  test("is for one list at a time, each in its turn", async () => {
    let under_way = 0
    const asked: string[] = []
    const ask = async (what: string) => {
      under_way += 1
      expect(under_way).toBe(1)
      asked.push(what)
      await Promise.resolve()
      under_way -= 1
      return page([])
    }
    await polled(ask, 9)
    expect(new Set(asked).size).toBe(9)
  })

  test("is seldom for what takes the platform long", async () => {
    const asked: string[] = []
    const ask = async (what: string) => {
      asked.push(what)
      const begun_ms = performance.now()
      if (what === "jobs") await until("it has taken long", () => performance.now() - begun_ms > 250)
      return page([])
    }
    const countOf = (what: string) => asked.filter((one) => one === what).length
    // Nine at first, then those that are due again, most of them after two seconds and jobs after five.
    await polled(ask, 9 + 6)
    expect([countOf("queues"), countOf("jobs")]).toEqual([2, 1])
  }, 20_000)

  test("passes over what isn't told, and ends with whoever isn't signed in any more", async () => {
    const refusing = (status: number) => async (what: string) => {
      if (what === "queues") throw new WfProblem({ status, detail: "no" })
      return page([])
    }
    const changes = await polled(refusing(403), 9)
    expect(changes.filter(({ kind }) => kind === "refused")).toEqual([
      { kind: "refused", name: "queues", text: "no" },
    ])
    await expect(polled(refusing(401), 9)).rejects.toThrow("no")
  })

  test("goes on when the platform is away, or something else answers in its place", async () => {
    for (const wrong of [
      async () => ({}) as Page<unknown>,
      () => Promise.reject(new WfProblem({ status: 502 })),
    ]) {
      let left = 1
      const ask = async () => {
        left -= 1
        return left < 0 ? page([]) : wrong()
      }
      const [first, second] = await polled(ask, 2)
      expect(first).toMatchObject({ kind: "trouble", what: "away" })
      expect(second?.kind).toBe("answered")
    }
  })
})
