import { afterAll, beforeAll, expect, test } from "bun:test"
import type { Engine } from "../engine.ts"
import { given } from "../given.ts"
import { type JobsDoor, jobsDoor } from "../job/given.ts"
import type { Worker } from "./shape.ts"

let engine: Engine & { close(): Promise<void> }
let door: JobsDoor
beforeAll(async () => {
  engine = await given.engine()
  door = jobsDoor(engine)
})
afterAll(() => engine.close())

type Page = { items: Worker[]; next_cursor: string | null }

const list = async (query = ""): Promise<Page> =>
  (await door.ask<Page>("GET", `/workers?${query}`, { role: "viewer" })).body

type Session = {
  readonly name: string
  readonly draining?: boolean
  readonly ended?: boolean
  readonly lease_s?: number
  readonly open?: readonly number[]
}

const session = async ({ name, draining = false, ended = false, lease_s = 60, open = [] }: Session) => {
  const id = engine.kit.id()
  await engine.database.run(
    (sql) => sql`
      insert into scheduler.session (id, name, queues, slots, inline_slots, draining, ended, lease_until, labels, types)
      values (${id}::text::uuid, ${name}, '{mail,default}', 4, 100, ${draining}::boolean, ${ended}::boolean,
        now() + ${lease_s}::int * interval '1 second', '{"zone":"a"}', '{noop,http}')`,
  )
  for (const count of open) {
    await engine.database.run(
      (sql) => sql`
        insert into scheduler.claim (token, session_id, ids, open)
        values (nextval('scheduler.token'), ${id}::text::uuid, '{}', ${count}::int)`,
    )
  }
  return id
}

test("workers are listed with what they do, those that live first", async () => {
  const busy = await session({ name: "busy", open: [2, 3] })
  await session({ name: "gone", ended: true, open: [] })
  await session({ name: "idle" })
  await session({ name: "draining", draining: true, open: [1] })
  await session({ name: "silent", lease_s: -1, draining: true })
  const { items } = await list()
  expect(items.map(({ name, status, busy: count }) => `${name} ${status} ${count}`)).toEqual([
    ...["silent gone 0", "draining draining 1", "idle idle 0", "busy busy 5", "gone gone 0"],
  ])
  expect(items[3]).toEqual({
    ...{ id: busy, name: "busy", queues: ["mail", "default"], labels: { zone: "a" }, slots: 4 },
    types: ["noop", "http"],
    ...{ functions: [], remote: false },
    ...{ inline_slots: 100, busy: 5, status: "busy" },
    started_at: expect.any(String),
    last_seen_at: expect.any(String),
  })
})

test("their pages hold each once", async () => {
  const all = (await list()).items.map(({ id }) => id)
  const found: string[] = []
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page: Page = await list(`limit=2${cursor && `&cursor=${cursor}`}`)
    found.push(...page.items.map(({ id }) => id))
    cursor = page.next_cursor
  }
  expect(found).toEqual(all)
  expect((await door.ask("GET", "/workers?cursor=2.x")).status).toBe(422)
})
