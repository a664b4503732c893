import { afterAll, beforeAll, expect, test } from "bun:test"
import { type GivenStore, givenStore } from "../given.ts"
import { fetchArtifact } from "./fetch.ts"
import { type Keep, keepArtifact } from "./keep.ts"

let store: GivenStore
beforeAll(async () => {
  store = await givenStore()
})
afterAll(() => store.close())

const workspace_id = crypto.randomUUID()

const keep = (text: string, given: Pick<Keep, "run_id" | "task" | "attempt">) =>
  keepArtifact(store)({
    ...{ ...given, workspace_id, name: "out.csv", content_type: undefined },
    body: new Blob([text]).stream(),
  })

const kept = async (run_id: string) =>
  new Response(await fetchArtifact(store)({ workspace_id, run_id, name: "out.csv" })).text()

test("a later attempt's file replaces an earlier one's, and an earlier one's never a later one's", async () => {
  const run_id = crypto.randomUUID()
  await keep("first", { run_id, task: "make", attempt: 1 })
  await keep("second", { run_id, task: "make", attempt: 2 })
  expect(await kept(run_id)).toBe("second")
  expect(keep("late", { run_id, task: "make", attempt: 1 })).rejects.toMatchObject({ code: "attempt.stale" })
  await keep("again", { run_id, task: "make", attempt: 2 })
  expect(await kept(run_id)).toBe("again")
  await keep("a person's", { run_id, task: null, attempt: null })
  expect(await kept(run_id)).toBe("a person's")
})

test("another task's file is not replaced: the later one is refused, and told who has the name", async () => {
  const run_id = crypto.randomUUID()
  await keep("of make", { run_id, task: "make", attempt: 3 })
  expect(keep("of sort", { run_id, task: "sort", attempt: 1 })).rejects.toMatchObject({
    code: "artifact.name_taken",
    message: 'The task make of this run has kept "out.csv", with other content: keep it under another name.',
  })
  expect(await kept(run_id)).toBe("of make")
  await keep("of make, again", { run_id, task: "make", attempt: 4 })
  expect(await kept(run_id)).toBe("of make, again")
})

test("the same content under the same name is one file, and the first task's", async () => {
  const run_id = crypto.randomUUID()
  const first = await keep("same", { run_id, task: "make", attempt: 1 })
  expect(await keep("same", { run_id, task: "sort", attempt: 1 })).toEqual(first)
  expect(await kept(run_id)).toBe("same")
})

test("of two tasks that keep a name at once, one has it", async () => {
  const run_id = crypto.randomUUID()
  const names = ["a", "b", "c", "d"]
  const settled = await Promise.allSettled(names.map((task) => keep(task, { run_id, task, attempt: 1 })))
  const winners = names.filter((_, index) => settled[index]?.status === "fulfilled")
  expect(winners).toHaveLength(1)
  expect(await kept(run_id)).toBe(winners[0] ?? "")
})
