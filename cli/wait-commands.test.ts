import { afterAll, beforeAll, expect, test } from "bun:test"
import { program } from "./program.ts"
import { capture } from "./testing/capture.ts"

const id = "0198c0de-0000-7000-8000-000000000001"

const approval = {
  ...{ id, run_id: id, workflow: "release", version: 3, task: "ask", message: "Ship\u001b[2J it?\nNow?" },
  ...{ roles: ["admin"], people: ["ada@example.test"], approvals: 2, yours: true },
  decisions: [{ by: "bob@example.test", at: "2026-03-01T11:59:00.000Z", approved: true, comment: "" }],
  ...{ since: "2026-03-01T11:58:00.000Z", until: "2026-03-01T13:30:00.000Z" },
}

let asked: string[] = []
let items: readonly object[] = [approval]
let server: ReturnType<typeof Bun.serve>
beforeAll(() => {
  server = Bun.serve({
    ...{ port: 0, hostname: "127.0.0.1" },
    fetch(request) {
      const { pathname, search } = new URL(request.url)
      asked.push(`${pathname}${search}`)
      return Response.json({ items, next_cursor: null })
    },
  })
})
afterAll(() => server.stop(true))

const wf = async (words: readonly string[], out_is_tty = false) => {
  asked = []
  const environment = { WF_URL: `http://127.0.0.1:${server.port}`, WF_TOKEN: "t", HOME: "/nowhere" }
  const io = capture({ environment, out_is_tty, columns: 80 })
  return { code: await program(words, io), printed: io.printed, noted: io.noted }
}

test("what waits for oneself is a table at a terminal, and values in a pipe", async () => {
  expect((await wf(["approvals", "list"], true)).printed).toEqual([
    "RUN                                   TASK  WORKFLOW  SINCE   UNTIL  AGREED",
    `${id}  ask   release   2m ago  in 1h  1/2`,
    "  Ship it? Now?",
    "  admin,ada@example.test",
  ])
  expect(asked).toEqual(["/api/v1/approvals?yours=true&limit=20"])
  expect((await wf(["approvals", "list"])).printed).toEqual([
    [
      ...[id, "ask", "release", "2026-03-01T11:58:00.000Z", "2026-03-01T13:30:00.000Z"],
      ...["1/2", "Ship it? Now?", "admin,ada@example.test"],
    ].join("\t"),
  ])
  const { printed } = await wf(["approvals", "list", "--everyone", "--json"])
  expect(JSON.parse(printed[0] ?? "")).toEqual({ items: [approval], next_cursor: null })
  expect(asked).toEqual(["/api/v1/approvals?yours=false&limit=20"])
})

test("that nothing waits is said to a person alone", async () => {
  items = []
  expect(await wf(["approvals", "list"])).toEqual({ code: 0, printed: [], noted: [] })
  expect((await wf(["approvals", "list"], true)).noted).toEqual([
    "Nothing waits for your approval. `--everyone` shows what waits for others.",
  ])
})
