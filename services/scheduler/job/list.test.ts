import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import type { Engine } from "../engine.ts"
import { given, workspace_id } from "../given.ts"
import { type JobsDoor, jobsDoor, other_workspace_id, putInto } from "./given.ts"
import { type JobStatus, jobMoves } from "./moves.ts"
import type { Job } from "./shape.ts"

let engine: Engine & { close(): Promise<void> }
let door: JobsDoor
/** Three of each state, made in turns. */
const made: Job[] = []
const stateOf = new Map<string, JobStatus>()

beforeAll(async () => {
  engine = await given.engine()
  door = jobsDoor(engine)
  for (let round = 0; round < 3; round += 1) {
    for (const status of jobMoves.states) {
      const job = await door.create({
        type: round === 1 ? "sleep" : "noop",
        queue: round === 2 ? "mail" : "default",
      })
      await putInto(engine, job, status)
      made.unshift(job)
      stateOf.set(job.id, status)
    }
  }
  await door.create({}, { workspace: other_workspace_id })
})
afterAll(() => engine.close())

type Page = { items: Job[]; next_cursor: string | null }

const list = async (query = ""): Promise<Page> => (await door.ask<Page>("GET", `/jobs?${query}`)).body

const all = async (query: string): Promise<string[]> => {
  const ids: string[] = []
  let cursor = ""
  do {
    const { items, next_cursor } = await list(`${query}&limit=1${cursor && `&cursor=${cursor}`}`)
    ids.push(...items.map(({ id }) => id))
    cursor = next_cursor ?? ""
  } while (cursor !== "")
  return ids
}

const idsOf = (jobs: readonly Job[]) => jobs.map(({ id }) => id)

test("a list holds the workspace's jobs, newest first, page after page", async () => {
  expect(idsOf((await list("limit=200")).items)).toEqual(idsOf(made))
  expect(await all("")).toEqual(idsOf(made))
})

describe.each(jobMoves.states.map((status) => [status] as const))("those that are %s", (status) => {
  const those = () => made.filter(({ id }) => stateOf.get(id) === status)

  test("are found, each once, by their status", async () => {
    expect(idsOf((await list(`status=${status}`)).items)).toEqual(idsOf(those()))
    expect(await all(`status=${status}`)).toEqual(idsOf(those()))
  })

  test("are found by type and queue too", async () => {
    const [mail, sleep, plain] = those()
    expect(await all(`status=${status}&queue=mail`)).toEqual(idsOf(mail ? [mail] : []))
    expect(await all(`status=${status}&type=sleep`)).toEqual(idsOf(sleep ? [sleep] : []))
    expect(await all(`status=${status}&type=noop&queue=default`)).toEqual(idsOf(plain ? [plain] : []))
  })
})

test("a filter alone finds what fits it", async () => {
  const mails = made.filter(({ queue }) => queue === "mail")
  expect(await all("queue=mail")).toEqual(idsOf(mails))
  expect(await all("type=sleep&queue=mail")).toEqual([])
})

test.each(["status=none", "queue=A", "type=a%20b", "cursor=x", "limit=0", "limit=201"])(
  "a list by %s is refused",
  async (query) => expect((await door.ask("GET", `/jobs?${query}`)).status).toBe(422),
)

test("a page looks at no more than it may, and says where to go on", async () => {
  await engine.database.run(
    (sql) => sql`
      insert into scheduler.task_run
        (id, idx, workspace_id, task, type, status, queue, slot, priority, max_retries, payload, settings, created_at)
      select ('f0000000-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid, 0, ${workspace_id}::text::uuid, 'noop', 'noop', 'completed', 'default', 'inline', 0, 0, 'null',
        '{}', now()
      from generate_series(1, 20000) as number`,
  )
  const page = await list("status=cancelled")
  expect([page.items, typeof page.next_cursor]).toEqual([[], "string"])
  const next = await list(`status=cancelled&cursor=${page.next_cursor}`)
  expect(next.items).toHaveLength(3)
  expect(next.next_cursor).toBeNull()
})
