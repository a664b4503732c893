import { afterEach, beforeAll, expect, test } from "bun:test"
import { until } from "#kernel/testing/until.ts"
import { doorTo } from "./door.ts"
import { platform, type UnderTest } from "./platform.ts"
import { filterBy, leaveAll, type Sitting, sitAt } from "./terminal.ts"

let it: UnderTest
beforeAll(async () => {
  it = await platform()
  await it.client.subscriptions.create({ name: "inbox", events: ["run.failed"], workflows: [...failing] })
}, 120_000)

const failing = ["inbox-live", "inbox-away", "inbox-evil", "inbox-sized"] as const
const usual = { columns: 80, rows: 24 }

const sitting: Sitting[] = []

const inbox = (url = it.url, size = usual): Sitting => {
  const at = sitAt({ url, token: it.token }, ["inbox"], size)
  sitting.push(at)
  return at
}

afterEach(() => leaveAll(sitting))

const start = async (name: string, tasks: string): Promise<string> => {
  await it.client.workflows.push(`name: ${name}\ntasks:\n${tasks}\n`)
  return (await it.client.runs.start({ workflow: name })).id
}

const fails = (name: (typeof failing)[number]) =>
  start(name, '  build: { run: "echo the last words; exit 3" }')

const asks = (name: string) =>
  start(name, '  sign: { uses: approval, with: { roles: [viewer], message: "Really sure?" } }')

test("what comes is seen as it comes, read, led on from into its run, and marked as unread again", async () => {
  const at = inbox()
  await at.shows("1 Waits for you")
  await filterBy(at, "inbox-live")
  const run_id = await fails("inbox-live")
  await at.shows(/● \d+s ago {2}inbox-live failed/)
  at.press("2")
  await until("the unread are alone", () => !at.screen().join("\n").includes("3 Read"))
  at.press("\r")
  await at.shows(`wf runs show ${run_id}`)
  await at.shows("r unread")
  at.press("\r")
  await at.shows(/inbox-live v\d+ {2}failed/)
  await at.shows("the last words")
  at.press("q")
  await at.shows("enter run")
  at.press("\u001b")
  await at.shows(/all is read|none that the filter lets through/)
  at.press("3\r")
  await at.shows("r unread")
  at.press("r")
  await at.shows("r read")
  const [notice] = (await it.client.notifications.list({ unread: true })).items
  expect(notice).toMatchObject({ title: "inbox-live failed", read_at: null })
  at.press("q")
  expect(await at.ended).toBe(0)
  expect(at.written().match(/\u001b\[\?1049[hl]/g)).toEqual(["\u001b[?1049h", "\u001b[?1049l"])
})

test("what waits for an approval is decided there, with a comment, and what was decided elsewhere goes", async () => {
  const [approved, elsewhere] = [await asks("inbox-approves"), await asks("inbox-elsewhere")]
  const at = inbox()
  await at.shows("for you to decide")
  at.press("1")
  await filterBy(at, "inbox-approves")
  await at.shows(/\? inbox-approves {2}sign .*Really sure\?/)
  at.press("\r")
  await at.shows(approved)
  at.press("a")
  await at.shows("Approve sign of inbox-approves?")
  at.press("looks good\r")
  await at.shows("You agreed to sign of inbox-approves.")
  await at.shows("It doesn't wait any more.")
  const ended = await it.client.runs.get(approved)
  expect(ended.tasks?.[0]?.outputs).toMatchObject({ approved: true, decisions: [{ comment: "looks good" }] })
  at.press("\u001b")
  await at.shows("(esc: all)")
  at.press("\u001b")
  await at.shows("/ filter")
  await filterBy(at, "inbox-elsewhere")
  await at.shows("? inbox-elsewhere")
  await it.client.runs.reject(elsewhere, "sign")
  await until("it has gone", () => !at.screen().join("\n").includes("? inbox-elsewhere"))
})

test("what is read elsewhere is read here, and all of it by one key", async () => {
  await fails("inbox-sized")
  const at = inbox()
  await at.shows(/● .*inbox-sized failed/)
  await it.client.notifications.readAll()
  await at.shows("all is read")
  await fails("inbox-sized")
  await at.shows(/● .*inbox-sized failed/)
  at.press("R")
  await at.shows(/Mark all \d+ as read\? y or n/)
  at.press("y")
  await at.shows("all is read")
  const own = (await it.client.notifications.list()).items.filter(({ title }) => title.startsWith("inbox-"))
  expect(own.filter(({ read_at }) => read_at === null)).toEqual([])
})

test("it stays readable on terminals of any size", async () => {
  await fails("inbox-sized")
  const at = inbox(it.url, { columns: 200, rows: 60 })
  await at.shows("inbox-sized failed")
  for (const size of [
    { columns: 80, rows: 20 },
    { columns: 40, rows: 10 },
    { columns: 20, rows: 5 },
    usual,
  ]) {
    at.resize(size)
    await until("it is drawn anew", () => {
      const screen = at.screen()
      return /^\/ filter/.test(screen.at(-1) ?? "") && /^wf inbox/.test(screen[0] ?? "")
    })
    expect(at.screen()).toHaveLength(size.rows)
  }
  at.press("?")
  await at.shows("mark all as read")
})

test("a platform that is away for a while is waited for, and what came meanwhile is there", async () => {
  const door = doorTo(it.url)
  const at = inbox(door.url)
  await at.shows(/\d+ unread/)
  await door.shut()
  await at.shows(/not answering for \d+s, trying again/)
  await fails("inbox-away")
  at.press("j\r")
  door.open()
  await until("it answers", () => !at.screen().join("\n").includes("not answering"))
  at.press("\u001b")
  await at.shows("inbox-away failed")
  at.press("q")
  expect(await at.ended).toBe(0)
  await door.shut()
})

test("nothing that a server says moves the cursor or reaches the clipboard", async () => {
  await fails("inbox-evil")
  await asks("inbox-evil-too")
  const evil = "\\u001b]52;c;ZXZpbA==\\u0007\\u001b[2J\\u001b[H\\u009b3A\\r\\n"
  const door = doorTo(it.url, (text) => text.replaceAll("inbox-evil", `${evil}inbox-evil`))
  const at = inbox(door.url)
  await at.shows(/\?.*inbox-evil-too/)
  await at.shows(/●.*inbox-evil failed/)
  at.press("\r")
  await at.shows("Really sure?")
  at.press("q")
  await at.ended
  await door.shut()
  for (const forbidden of ["\u001b]52", "ZXZpbA", "\u009b"]) expect(at.written()).not.toContain(forbidden)
})

test("with a thousand notifications it is there at once, and any of them is found", async () => {
  const { id } = await it.client.subscriptions.create({ events: ["run.completed"], tags: ["inbox-many"] })
  // Of the same workflow at most five in a row are told one by one.
  const begin = async (_: unknown, index: number) => {
    const workflow = `inbox-many-${index}`
    await it.client.workflows.push(`name: ${workflow}\ntags: [inbox-many]\ntasks:\n  go: { uses: noop }\n`)
    for (let run = 0; run < 5; run += 1) await it.client.runs.start({ workflow })
  }
  await Promise.all(Array.from({ length: 200 }, begin))
  await until("all are told", async () => (await it.client.notifications.unread()).count >= 1_000, 60_000)
  const [last] = (await it.client.notifications.list({ limit: 1 })).items
  const at = inbox()
  await at.shows(/2 Unread 1000\+? {2}\d+ below/)
  at.press("G")
  await at.shows(/\d+ above/)
  await filterBy(at, last?.id ?? "nothing")
  await at.shows(/inbox-many-\d+ completed/)
  at.press("q")
  expect(await at.ended).toBe(0)
  await it.client.subscriptions.delete(id)
  await it.client.notifications.readAll()
}, 120_000)

test("where nobody sits at the terminal, or a list is asked for, it is a table", async () => {
  for (const words of [["--plain"], ["list"], ["--limit", "3"]]) {
    const at = sitAt(it, ["inbox", ...words], { columns: 200, rows: 60 })
    expect(await at.ended).toBe(0)
    expect(at.written()).not.toContain("\u001b[?1049h")
    await at.shows(/^NOTIFICATION/m)
  }
  const nobody = sitAt({ url: it.url, token: "wf_nobody" }, ["inbox"], usual)
  expect(await nobody.ended).toBe(4)
  const away = sitAt({ url: "http://127.0.0.1:9", token: it.token }, ["inbox"], usual)
  expect(await away.ended).toBe(7)
  for (const at of [nobody, away]) expect(at.written()).not.toContain("\u001b[?1049h")
})
