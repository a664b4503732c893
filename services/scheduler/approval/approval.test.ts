import { afterAll, beforeAll, expect, test } from "bun:test"
import type { Actor } from "#kernel/auth/actor.ts"
import type { Definition } from "#language/schema.ts"
import type { Engine } from "../engine.ts"
import { given } from "../given.ts"
import { other_workspace_id } from "../job/given.ts"
import { cancelRun } from "../run/cancel.ts"
import { answerApproval } from "../wait/answer.ts"
import { actorOf } from "../wait/given.ts"
import { removeDecided } from "./clean.ts"
import { type ListApprovals, listApprovals } from "./list.ts"

let engine: Engine & { close(): Promise<void> }
beforeAll(async () => {
  engine = await given.engine()
})
afterAll(() => engine.close())

const [ada, bob, eve] = [actorOf("admin", "ada"), actorOf("developer", "bob"), actorOf("viewer", "eve")]

const asks = (given_with: Record<string, unknown>) =>
  given.run(engine, { ask: { uses: "approval", with: given_with } } as Definition["tasks"])

const list = (actor: Actor, wanted: Partial<ListApprovals> = {}) =>
  listApprovals(engine.database)(actor, { yours: false, limit: 200, ...wanted })

const asked = async (actor: Actor, wanted: Partial<ListApprovals> = {}) =>
  (await list(actor, wanted)).items.map(({ run_id }) => run_id)

const approve = (actor: Actor, run_id: string) =>
  answerApproval(engine)(actor, { run_id, task: "ask", approved: true, comment: "" })

const noted = async (run_id: string) => {
  const rows = await engine.database.run(
    (sql) => sql`
      select 1 from scheduler.approval join scheduler.task_run on id = task_run_id
      where run_id = ${run_id}::text::uuid`,
  )
  return rows.length
}

test("what people are asked is listed with all that one needs to decide, until it is decided", async () => {
  const run_id = await asks({ roles: ["admin"], message: "Ship it?", timeout: "1h" })
  const [found] = (await list(ada)).items.filter((one) => one.run_id === run_id)
  expect(found).toMatchObject({
    ...{ run_id, workflow: "test", version: 1, task: "ask", message: "Ship it?", roles: ["admin"] },
    ...{ people: [], approvals: 1, decisions: [], yours: true },
  })
  expect(Date.parse(found?.until ?? "") - Date.parse(found?.since ?? "")).toBeGreaterThan(3_500_000)
  await approve(ada, run_id)
  expect(await asked(ada)).not.toContain(run_id)
})

test("of one's own are those that one may decide, and has said nothing to", async () => {
  const by_role = await asks({ roles: ["developer"] })
  const by_name = await asks({ roles: ["owner"], people: ["EVE@example.test"] })
  const by_two = await asks({ roles: ["admin"], approvals: 2 })
  expect(await asked(ada, { yours: true })).toEqual([by_two, by_role])
  expect(await asked(bob, { yours: true })).toEqual([by_role])
  expect(await asked(eve, { yours: true })).toEqual([by_name])
  expect(await asked(eve)).toEqual([by_two, by_name, by_role])
  await approve(ada, by_two)
  expect(await asked(ada, { yours: true })).toEqual([by_role])
  const { decisions = [] } = (await list(ada)).items.find(({ run_id }) => run_id === by_two) ?? {}
  expect(decisions).toEqual([{ by: "ada@example.test", at: expect.any(String), approved: true, comment: "" }])
})

test("another workspace's are not shown", async () => {
  await asks({ roles: ["viewer"] })
  expect(await asked({ ...ada, workspace_id: other_workspace_id })).toEqual([])
})

test("pages lead through all of them once, also where most are somebody else's", async () => {
  const tasks = Object.fromEntries(
    Array.from({ length: 1_100 }, (_, index) => [
      `ask_${String(index).padStart(4, "0")}`,
      {
        uses: "approval",
        with: index % 400 === 0 ? { roles: ["viewer"] } : { people: ["nobody@example.test"] },
      },
    ]),
  )
  const run_id = await given.run(engine, tasks as Definition["tasks"])
  for (const [yours, limit] of [
    [true, 2],
    [true, 100],
    [false, 150],
  ] as const) {
    const found: string[] = []
    let cursor: string | undefined
    do {
      const page = await list(eve, { yours, limit, cursor })
      expect(page.items.length).toBeLessThanOrEqual(limit)
      found.push(...page.items.filter((one) => one.run_id === run_id).map(({ task }) => task))
      cursor = page.next_cursor ?? undefined
    } while (cursor !== undefined)
    const wanted = Object.keys(tasks).filter((_, index) => !yours || index % 400 === 0)
    expect(found).toEqual(wanted.toReversed())
  }
  await cancelRun(engine)(ada, run_id)
  expect(await asked(eve)).not.toContain(run_id)
})

test("those that have been decided or cancelled are removed, and no other", async () => {
  const [decided, cancelled, open] = [
    await asks({ roles: ["admin"] }),
    await asks({ roles: ["admin"] }),
    await asks({ roles: ["admin"] }),
  ]
  await approve(ada, decided)
  await cancelRun(engine)(ada, cancelled)
  while ((await engine.database.run((sql) => removeDecided(sql, 500))).length > 0);
  expect(await Promise.all([decided, cancelled, open].map(noted))).toEqual([0, 0, 1])
})

test("only what asks people is noted", async () => {
  const run_id = await given.run(engine, {
    rest: { uses: "sleep", with: { duration: "1h" } },
    hear: { uses: "signal", with: { name: "go" } },
  } as Definition["tasks"])
  expect(await noted(run_id)).toBe(0)
})
