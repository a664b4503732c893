import { describe, expect, test } from "bun:test"
import type { Client } from "#sdk/client.ts"
import type { Approval, Notification } from "#sdk/shapes.ts"
import type { Pressed } from "../screen/pressed.ts"
import { listNotices, sources } from "./facts.ts"
import { answerTo, type Deed } from "./keys.ts"
import { screenOf } from "./rows.ts"
import { type Change, firstState, type InboxState, max_notices, reduce } from "./state.ts"

const now_ms = Date.parse("2026-03-01T12:00:00.000Z")
const ago = (seconds: number) => new Date(now_ms - seconds * 1000).toISOString()
const evil = "\u001b]52;c;ZXZpbA==\u0007\u001b[2J\u009b1A\r\u202e"
const run_id = "0198c0de-0000-7000-8000-000000000001"

const notice = (id: string, more: Partial<Notification> = {}): Notification => ({
  ...{ id, type: "run.failed", title: `${id} failed`, body: "Task build failed\nwf runs show X" },
  ...{ link: `http://there/api/v1/runs/${run_id}`, read_at: null, created_at: ago(180), ...more },
})

const approval = (more: Partial<Approval> = {}): Approval => ({
  ...{ id: "a1", run_id, workflow: "release", version: 2, task: "ask", message: "Ship it?" },
  ...{ roles: ["admin"], people: [], approvals: 1, decisions: [], yours: true },
  ...{ since: ago(60), until: ago(-3600), ...more },
})

const frame = { now_ms, columns: 80, rows: 14 }

const textOf = (state: InboxState, at = frame): readonly string[] =>
  screenOf(state, at).map(({ segments }) => segments.map(({ text }) => text).join(""))

const state = (
  [
    {
      kind: "listed",
      notices: [notice("n2"), notice("n1"), notice("n0", { read_at: ago(9) })],
      has_more: false,
    },
    { kind: "answered", facts: { approvals: { items: [approval()], next_cursor: null } } },
  ] satisfies readonly Change[]
).reduce<InboxState>(reduce, firstState("http://there"))

/** What these keys make of it, one after the other. */
const after = (from: InboxState, ...keys: readonly Pressed[]): { state: InboxState; deeds: Deed[] } => {
  const deeds: Deed[] = []
  const end = keys.reduce((before, key) => {
    const { look = {}, deed, said } = answerTo(before, key, now_ms)
    if (deed) deeds.push(deed)
    return reduce(reduce(before, { kind: "said", text: said }), { kind: "look", look })
  }, from)
  return { state: end, deeds }
}

describe("the screen", () => {
  test("shows what waits for somebody, then what is unread, then the rest", () => {
    expect(textOf(state).map((line) => line.trimEnd())).toEqual([
      "wf inbox  2 unread · 1 for you to decide  http://there",
      "1 Waits for you 1",
      "? release  ask  1m ago  in 1h  Ship it?",
      "",
      "2 Unread 2",
      "● 3m ago  n2 failed  Task build failed",
      "● 3m ago  n1 failed  Task build failed",
      "",
      "3 Read 1",
      "· 3m ago  n0 failed  Task build failed",
      "",
      "",
      "",
      "/ filter · enter open · a approve · x reject · R read all · q leave · ? keys",
    ])
  })

  test.each([
    [200, 60],
    [80, 20],
    [40, 10],
    [20, 5],
    [10, 2],
  ])("has as many lines as a terminal of %d × %d, whatever is on it", (columns, rows) => {
    const long = reduce(state, { kind: "changed", notice: notice("n2", { body: "word ".repeat(2_000) }) })
    for (const keys of [[], ["j", "open"], ["?"], ["a", "w"]]) {
      expect(textOf(after(long, ...keys).state, { now_ms, columns, rows })).toHaveLength(rows)
    }
  })

  test("has nothing of what a server says that moves the cursor", () => {
    const told = notice(evil, { type: evil, title: evil, body: `${evil}\n${evil}`, link: evil })
    const asked = approval({ workflow: evil, task: evil, message: evil, roles: [evil], until: evil })
    const changes: readonly Change[] = [
      { kind: "listed", notices: [told], has_more: false },
      { kind: "answered", facts: { approvals: { items: [asked], next_cursor: null } } },
    ]
    const one = changes.reduce<InboxState>(reduce, firstState(evil))
    const said = reduce(one, { kind: "said", text: evil })
    const shown = [one, said, after(one, "open").state, after(one, "j", "open").state, after(one, "a").state]
    for (const each of shown) expect(textOf(each).join("")).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)
  })

  test("says what there is to do where there is nothing", () => {
    expect(textOf(firstState("")).join("\n")).toContain("wf subscriptions create")
  })
})

describe("what comes", () => {
  test("goes to the top, once, and the oldest make room", () => {
    const many = Array.from({ length: max_notices }, (_, index) => notice(`m${index}`))
    const full = reduce(state, { kind: "listed", notices: many, has_more: false })
    const twice = [notice("new"), notice("new", { read_at: ago(1) })]
    const { notices, has_more } = twice.reduce(
      (before, one) => reduce(before, { kind: "changed", notice: one }),
      full,
    )
    expect([notices.length, notices[0]?.id, notices[0]?.read_at, has_more]).toEqual([
      ...[max_notices, "new", ago(1), true],
    ])
  })

  test("while the list was on its way isn't lost with it", () => {
    const came = reduce(state, { kind: "changed", notice: notice("late", { created_at: ago(1) }) })
    const listed = reduce(came, { kind: "listed", notices: [notice("n2")], has_more: false })
    expect(listed.notices.map(({ id }) => id)).toEqual(["late", "n2"])
  })

  test("is read when all of it is", () => {
    const { notices } = reduce(state, { kind: "all_read", at: ago(0) })
    expect(notices.map(({ read_at }) => read_at)).toEqual([ago(0), ago(0), ago(9)])
  })
})

describe("keys", () => {
  test("open a notification, which reads it, then its run; who comes back is at the next one", () => {
    const { state: page, deeds } = after(state, "next", "open")
    expect(deeds).toEqual([{ deed: "mark", notice: notice("n2"), as: "read" }])
    const read = reduce(page, { kind: "changed", notice: notice("n2", { read_at: ago(0) }) })
    expect(textOf(read).join("\n")).toContain("wf runs show X")
    expect(after(read, "open").deeds).toEqual([{ deed: "open", run_id }])
    expect(after(read, "escape").state).toMatchObject({ page: "all", selected: "unread n1" })
  })

  test("mark as read and as not read, and go on with the next", () => {
    const { state: next, deeds } = after(state, "j", "r")
    expect([deeds, next.selected]).toEqual([
      [{ deed: "mark", notice: notice("n2"), as: "read" }],
      "unread n1",
    ])
    expect(after(state, "G", "r").deeds).toMatchObject([{ as: "unread", notice: { id: "n0" } }])
  })

  test("mark everything once it was asked about", () => {
    expect(after(state, "R", "n").deeds).toEqual([])
    expect(after(state, "R", "y").deeds).toEqual([{ deed: "read_all" }])
    const none = reduce(state, { kind: "all_read", at: ago(0) })
    expect(after(none, "R").state).toMatchObject({ asked: undefined, said: "All is read." })
  })

  test("decide with a comment, or not at all", () => {
    const typed = after(state, "x", "n", "o", "x", "erase", "t", " ", "q")
    expect(textOf(typed.state).at(-1)).toStartWith(
      "Reject ask of release? enter: yes · esc: no · comment: not q",
    )
    expect(after(typed.state, "open").deeds).toEqual([
      { deed: "decide", verb: "reject", approval: approval(), comment: "not q" },
    ])
    expect(after(typed.state, "escape").deeds).toEqual([])
    const decided = reduce(state, { kind: "decided", approval_id: "a1" })
    expect(decided.facts.approvals?.items).toEqual([])
  })

  test("decide from where one is told of it, and about nothing else", () => {
    const told = notice("n2", { type: "approval.waiting", title: "release: ask waits for a decision" })
    const own = reduce(state, { kind: "changed", notice: told })
    expect(after(own, "j", "a", "open").deeds).toMatchObject([{ verb: "approve", approval: { id: "a1" } }])
    for (const title of ["release failed", "release: ask_again waits for a decision"]) {
      const other = reduce(state, { kind: "changed", notice: { ...told, title } })
      expect(after(other, "j", "a").state).toMatchObject({ deciding: undefined, said: expect.any(String) })
    }
  })

  test("filter by words, show one part, and leave", () => {
    const { state: filtered } = after(state, "/", "N", "1", "open")
    expect(textOf(filtered).join("\n")).toContain("n1 failed")
    expect(textOf(filtered).join("\n")).not.toContain("n2 failed")
    expect(after(filtered, "escape").state.filter).toBe("")
    expect(textOf(after(state, "1").state).join("\n")).not.toContain("Unread")
    expect(after(state, "q").deeds).toEqual([{ deed: "leave" }])
    expect(after(state, "/", "q").deeds).toEqual([])
  })
})

describe("asking", () => {
  const clientOf = (pages: Readonly<Record<string, unknown>>) =>
    ({
      approvals: { list: async ({ cursor = "first" }) => pages[cursor] },
    }) as unknown as Client

  test("goes on where a page has looked at what others are asked, as far as it may", async () => {
    const { signal } = new AbortController()
    const none = (next_cursor: string) => ({ items: [], next_cursor })
    const mine = { items: [approval()], next_cursor: "more" }
    const some = { first: none("b"), b: none("c"), c: mine }
    expect(await sources.approvals.ask(clientOf(some), signal)).toEqual(mine)
    const endless = await sources.approvals.ask(clientOf({ first: none("first") }), signal)
    expect(endless).toEqual(none("first") as never)
  })

  test("keeps what is unread, however old, and what is newest", async () => {
    const { signal } = new AbortController()
    const many = (name: string, count: number) =>
      Array.from({ length: count }, (_, index) => notice(`${name}${index}`))
    async function* all({ unread = false }) {
      yield* unread ? many("old", 2_000) : many("new", 2_000)
    }
    const client = { notifications: { all } } as unknown as Client
    const { notices, has_more } = await listNotices(client, signal)
    expect([notices.length, notices[0]?.id, notices.at(-1)?.id, has_more]).toEqual([
      ...[max_notices, "new0", "old499", true],
    ])
  })
})
