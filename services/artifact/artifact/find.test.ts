import { afterAll, beforeAll, expect, test } from "bun:test"
import { type GivenStore, givenStore } from "../given.ts"
import type { Origin } from "../store.ts"
import { findFetchable } from "./find.ts"
import { keepArtifact } from "./keep.ts"

const origins = new Map<string, readonly Origin[]>()
let store: GivenStore
beforeAll(async () => {
  store = await givenStore({ originsOf: (_, run_id) => Promise.resolve(origins.get(run_id) ?? []) })
})
afterAll(() => store.close())

const workspace_id = crypto.randomUUID()

const keep = (run_id: string, task: string | null, name: string) =>
  keepArtifact(store)({
    ...{ workspace_id, run_id, task, attempt: task === null ? null : 1, name, content_type: undefined },
    body: new Blob([`${task} of ${run_id}`]).stream(),
  })

const found = async (run_id: string, workspace = workspace_id) => {
  const files: [string, string][] = []
  for await (const page of findFetchable(store)({ workspace_id: workspace, run_id })) {
    files.push(...page.map((file): [string, string] => [file.name, file.run_id]))
  }
  return files
}

test("a run's own files come before those of the tasks whose results it took over, and of others there are none", async () => {
  const [run_id, earlier] = [crypto.randomUUID(), crypto.randomUUID()]
  origins.set(run_id, [{ run_id: earlier, tasks: ["kept", "shard[0]"] }])
  await keep(earlier, "kept", "both.csv")
  await keep(earlier, "kept", "old.csv")
  await keep(earlier, "shard[0]", "shard[0]/out.csv")
  await keep(earlier, "shard[1]", "shard[1]/out.csv")
  await keep(earlier, "again", "again.csv")
  await keep(run_id, "again", "both.csv")
  await keep(run_id, null, "added.csv")
  await keep(run_id, "again", ".wf/outputs/again/large.json")
  expect(await found(run_id)).toEqual([
    ["added.csv", run_id],
    ["both.csv", run_id],
    ["old.csv", earlier],
    ["shard[0]/out.csv", earlier],
  ])
  expect(await found(run_id, crypto.randomUUID())).toEqual([])
})

test("however many there are, each is told once, in the order of the names", async () => {
  const [run_id, earlier] = [crypto.randomUUID(), crypto.randomUUID()]
  origins.set(run_id, [{ run_id: earlier, tasks: ["a"] }])
  await store.database.run(
    (sql) => sql`
      insert into artifact.artifact (id, workspace_id, run_id, task, name, content_type, status, size_bytes, sha256)
      select gen_random_uuid(), ${workspace_id}::text::uuid, run_id, 'a', 'file-' || number, 'text/plain', 'stored', 1, 'sum'
      from generate_series(1000, 2100) as number,
        unnest(array[${run_id}::text::uuid, ${earlier}::text::uuid]) as run_id`,
  )
  const files = await found(run_id)
  expect(files.map(([name]) => name)).toEqual(Array.from({ length: 1_101 }, (_, at) => `file-${at + 1000}`))
  expect(new Set(files.map(([, of]) => of))).toEqual(new Set([run_id]))
})
