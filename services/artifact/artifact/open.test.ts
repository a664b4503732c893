import { afterAll, beforeAll, expect, test } from "bun:test"
import type { Actor } from "#kernel/auth/actor.ts"
import { type GivenStore, givenStore } from "../given.ts"
import { keepArtifact } from "./keep.ts"
import { linkUpload } from "./link.ts"
import { presignArtifact } from "./open.ts"

let store: GivenStore
beforeAll(async () => {
  store = await givenStore()
})
afterAll(() => store.close())

const actor: Actor = {
  ...{ kind: "token", user_id: "u", email: "a@example.test", role: "operator", grant_id: "t" },
  workspace_id: crypto.randomUUID(),
}

test("a link to bring a file ends with that token, too", async () => {
  const ends_ms = Date.now() + 60_000
  const wanted = {
    ...{ run_id: crypto.randomUUID(), name: "b.txt", content_type: undefined, expires_s: 3_600 },
    expected: { size_bytes: 4 },
  }
  const brief = { ...actor, expires_at: new Date(ends_ms).toISOString() }
  const link = await linkUpload(store)(brief, wanted)
  expect(new Date(link.expires_at).getTime()).toBeLessThanOrEqual(ends_ms)
  const long = await linkUpload(store)(actor, { ...wanted, name: "c.txt" })
  expect(new Date(long.expires_at).getTime()).toBeGreaterThan(ends_ms)
})

test("a link ends with the token that it was made with at the latest", async () => {
  const { workspace_id } = actor
  const run_id = crypto.randomUUID()
  const kept = { workspace_id, run_id, task: null, attempt: null, name: "a.txt", content_type: undefined }
  await keepArtifact(store)({ ...kept, body: new Blob(["text"]).stream() })
  const endOf = async (more: Partial<Actor>, expires_s: number) => {
    const link = await presignArtifact(store)({ ...actor, ...more }, { run_id, name: "a.txt", expires_s })
    return new Date(link.expires_at).getTime()
  }
  const ends_ms = Date.now() + 60_000
  const expires_at = new Date(ends_ms).toISOString()
  expect(await endOf({ expires_at }, 3_600)).toBeLessThanOrEqual(ends_ms)
  expect(await endOf({ expires_at }, 10)).toBeLessThan(ends_ms - 40_000)
  expect(await endOf({}, 3_600)).toBeGreaterThan(ends_ms + 3_000_000)
})
