import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test"
import type { Caller } from "#kernel/audit/caller.ts"
import { deedsIn } from "#kernel/testing/deeds.ts"
import { type GivenStore, givenCaller, givenStore } from "../given.ts"
import { keepArtifact } from "./keep.ts"
import { removeArtifact } from "./remove.ts"
import { uploadArtifact } from "./upload.ts"

let store: GivenStore
let caller: Caller
beforeAll(async () => {
  store = await givenStore()
})
afterAll(() => store.close())
beforeEach(() => {
  caller = givenCaller()
})

const body = (text: string) => new Blob([text]).stream()

const upload = (run_id: string, text: string) =>
  uploadArtifact(store)(caller, { run_id, name: "out.csv", content_type: undefined, body: body(text) })

const told = async () =>
  (await deedsIn(store.database, caller.workspace_id)).map(
    ({ action, subject }) => `${action} ${subject.name}`,
  )

test("a file that a person replaces or removes is told once, and one that is new or the same isn't", async () => {
  const run_id = crypto.randomUUID()
  await upload(run_id, "first")
  await upload(run_id, "first")
  expect(await told()).toEqual([])
  await upload(run_id, "second")
  await upload(run_id, "second")
  const wanted = { run_id, name: "out.csv" }
  await removeArtifact(store)(caller, wanted)
  expect(removeArtifact(store)(caller, wanted)).rejects.toMatchObject({ code: "artifact.not_found" })
  expect(await told()).toEqual(["artifact.replaced out.csv", "artifact.deleted out.csv"])
  expect((await deedsIn(store.database, caller.workspace_id))[0]).toMatchObject({
    ...{ address: "192.0.2.7", device: "wf/1", details: { run: run_id } },
    actor: { kind: "user", id: caller.user_id, email: caller.email, grant_id: caller.grant_id },
  })
})

test("what tasks do with their files, and what a person may not do, is not told", async () => {
  const { workspace_id } = caller
  const run_id = crypto.randomUUID()
  const kept = { workspace_id, run_id, task: "make", name: "out.csv", content_type: undefined }
  await keepArtifact(store)({ ...kept, attempt: 1, body: body("first") })
  await keepArtifact(store)({ ...kept, attempt: 2, body: body("second") })
  const viewer = { ...caller, role: "viewer" as const }
  expect(removeArtifact(store)(viewer, { run_id, name: "out.csv" })).rejects.toThrow()
  const stranger = { ...caller, workspace_id: crypto.randomUUID() }
  expect(removeArtifact(store)(stranger, { run_id, name: "out.csv" })).rejects.toMatchObject({
    code: "artifact.not_found",
  })
  expect(await told()).toEqual([])
})
