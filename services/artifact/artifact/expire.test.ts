import { afterAll, beforeAll, expect, test } from "bun:test"
import { readdirSync } from "node:fs"
import { deedsIn } from "#kernel/testing/deeds.ts"
import { type GivenStore, givenCaller, givenStore } from "../given.ts"
import { expireOld, setArtifactRetention, showArtifactRetention } from "../workspace/retention.ts"
import { expireArtifacts } from "./expire.ts"
import { keepArtifact } from "./keep.ts"
import { listArtifacts } from "./list.ts"
import { sweepArtifacts } from "./sweep.ts"

const day_ms = 86_400_000
const known = new Set<string>()
let store: GivenStore
beforeAll(async () => {
  store = await givenStore({
    goneRuns: async (run_ids) => run_ids.filter((run_id) => !known.has(run_id)),
  })
})
afterAll(() => store.close())

const keepFor = async (run_id: string): Promise<string> => {
  const given = { run_id, task: "make", attempt: 1, workspace_id: crypto.randomUUID() }
  const body = new Blob(["text"]).stream()
  await keepArtifact(store)({ ...given, name: "out.csv", content_type: undefined, body })
  return run_id
}

const runIn = (days: number) => Bun.randomUUIDv7("hex", Date.now() + days * day_ms)

const expireAll = async () => {
  const [expire, sweep] = [expireArtifacts(store), sweepArtifacts(store)]
  while (await expire());
  while (await sweep());
}

const left = async () => {
  const rows = await store.database.run(
    (sql) => sql<{ run_id: string }>`select run_id from artifact.artifact`,
  )
  const files = readdirSync(store.folder, { recursive: true, withFileTypes: true }).filter((one) =>
    one.isFile(),
  )
  return { runs: rows.map(({ run_id }) => run_id).sort(), files: files.length }
}

test("files go with their run, in bounded rounds; those of a run that is there, or that may be about to come, stay", async () => {
  const kept = await keepFor(runIn(-40))
  known.add(kept)
  const fresh = await keepFor(runIn(0))
  for (let made = 0; made < 450; made += 1) await keepFor(runIn(-31))
  const before = await left()
  expect(before.runs.length).toBe(452)
  await expireAll()
  const after = await left()
  expect(after.runs).toEqual([kept, fresh].sort())
  expect(before.files - after.files).toBe(450 * (before.files / 452))
  known.delete(kept)
  await expireAll()
  expect((await left()).runs).toEqual([fresh])
})

test("while the scheduler doesn't answer, nothing goes", async () => {
  const run_id = await keepFor(runIn(-31))
  const away = { ...store, goneRuns: () => Promise.reject(new Error("away")) }
  expect(expireArtifacts(away)()).rejects.toThrow("away")
  await sweepArtifacts(store)()
  expect((await left()).runs).toContain(run_id)
})

test("files go when they are older than their workspace keeps them, in bounded rounds, and no others", async () => {
  const caller = givenCaller("admin")
  const { workspace_id } = caller
  const run_id = crypto.randomUUID()
  const keep = (name: string, workspace: string) =>
    keepArtifact(store)({
      ...{ workspace_id: workspace, run_id, task: null, attempt: null, name, content_type: undefined },
      body: new Blob(["text"]).stream(),
    })
  const [old, young, others] = [
    await keep("old", workspace_id),
    await keep("young", workspace_id),
    await keep("others", crypto.randomUUID()),
  ]
  await store.database.run(
    (sql) => sql`
      update artifact.artifact set created_at = now() - interval '8 days'
      where id in (${old.id}::text::uuid, ${others.id}::text::uuid)`,
  )
  const set = setArtifactRetention(store)
  expect(await set(caller, { keep_days: 7 })).toEqual({ keep_days: 7, max_keep_days: 30, is_set: true })
  expect(set(caller, { keep_days: 31 })).rejects.toMatchObject({ code: "request.invalid" })
  expect(set({ ...caller, role: "developer" }, { keep_days: 1 })).rejects.toMatchObject({
    code: "auth.forbidden",
  })
  await expireOld(store)()
  await sweepArtifacts(store)()
  const names = (await listArtifacts(store)(caller, { run_id, limit: 10 })).items.map(({ id }) => id)
  expect(names).toEqual([young.id])
  expect((await deedsIn(store.database, workspace_id)).map(({ action }) => action)).toEqual([
    "retention.changed",
  ])
  const rows = await store.database.run(
    (sql) => sql`select 1 from artifact.artifact where id = ${others.id}::text::uuid and status = 'stored'`,
  )
  expect(rows).toHaveLength(1)
  await set(caller, { keep_days: null })
  expect((await showArtifactRetention(store)(caller)).is_set).toBe(false)
})
