import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import type { Caller } from "#kernel/audit/caller.ts"
import { expireArtifacts } from "../artifact/expire.ts"
import { type Keep, keepArtifact } from "../artifact/keep.ts"
import { removeArtifact } from "../artifact/remove.ts"
import { sweepArtifacts } from "../artifact/sweep.ts"
import { type GivenStore, givenCaller, givenStore } from "../given.ts"
import { showUsage } from "./usage.ts"

let store: GivenStore
let caller: Caller
const gone = new Set<string>()
beforeAll(async () => {
  store = await givenStore({
    quota_bytes: 100,
    goneRuns: async (run_ids) => run_ids.filter((run_id) => gone.has(run_id)),
  })
})
afterAll(() => store.close())
beforeEach(() => {
  caller = givenCaller()
})

const run_id = crypto.randomUUID()

const keep = (name: string, bytes: number, more: Partial<Keep> = {}) => {
  const { workspace_id } = caller
  const given = {
    workspace_id,
    run_id,
    task: null,
    attempt: null,
    content_type: undefined,
    name: `${workspace_id}/${name}`,
  }
  return keepArtifact(store)({ ...given, body: new Blob(["x".repeat(bytes)]).stream(), ...more })
}

const used = async () => {
  const { bytes, files } = await showUsage(store)(caller)
  return [bytes, files]
}

/** Never ends, and says when the first byte is wanted. */
const endless = () => {
  const asked = Promise.withResolvers<void>()
  const end = Promise.withResolvers<void>()
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        asked.resolve()
        await end.promise
        controller.error(new Error("the sender is gone"))
      },
    },
    { highWaterMark: 0 },
  )
  return { body, asked: asked.promise, end: end.resolve }
}

test("what is kept, replaced and removed is counted, each workspace by itself", async () => {
  expect(await used()).toEqual([0, 0])
  await keep("one", 30)
  await keep("two", 20)
  expect(await used()).toEqual([50, 2])
  await keep("one", 10)
  expect(await used()).toEqual([30, 2])
  const other = caller
  caller = { ...caller, workspace_id: crypto.randomUUID() }
  await keep("one", 7)
  expect(await used()).toEqual([7, 1])
  caller = other
  await removeArtifact(store)(caller, { run_id, name: `${caller.workspace_id}/two` })
  expect(await used()).toEqual([10, 1])
})

test("beyond the quota nothing is kept, whether the size was told or not, and there is room again for what fits", async () => {
  await keep("one", 60)
  expect(keep("two", 41, { size_bytes: 41 })).rejects.toMatchObject({
    code: "artifact.quota_exceeded",
    status: 507,
  })
  expect(keep("two", 41)).rejects.toMatchObject({ code: "artifact.quota_exceeded" })
  expect(await used()).toEqual([60, 1])
  await keep("two", 40)
  expect(keep("three", 1)).rejects.toMatchObject({ code: "artifact.quota_exceeded" })
  expect(await used()).toEqual([100, 2])
})

test("room is kept for what is on its way, and is free again when it breaks off", async () => {
  const sent = endless()
  const coming = keep("coming", 0, { size_bytes: 90, body: sent.body }).catch((error: unknown) =>
    String(error),
  )
  await sent.asked
  expect(await used()).toEqual([90, 0])
  expect(keep("other", 20, { size_bytes: 20 })).rejects.toMatchObject({ code: "artifact.quota_exceeded" })
  sent.end()
  expect(await coming).toContain("the sender is gone")
  expect(await used()).toEqual([0, 0])
  await keep("other", 20)
})

test("of two that come at once without a size only as many are kept as fit together", async () => {
  const both = await Promise.allSettled([keep("one", 60), keep("two", 60)])
  expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"])
  expect(await used()).toEqual([60, 1])
})

test("a file that isn't what it was said to be is not kept, and leaves nothing", async () => {
  const sum = new Bun.CryptoHasher("sha256").update("x".repeat(5)).digest("hex")
  const before = readdirSync(join(store.folder, "staging"))
  expect(keep("one", 6, { expected: { sha256: sum } })).rejects.toMatchObject({
    code: "artifact.damaged",
    status: 422,
  })
  expect(await used()).toEqual([0, 0])
  expect(readdirSync(join(store.folder, "staging"))).toEqual(before)
  expect(await keep("one", 5, { expected: { sha256: sum } })).toMatchObject({ sha256: sum })
})

test("what is replaced while its bytes can't be removed is swept", async () => {
  const { id } = await keep("one", 30)
  const away: GivenStore = {
    ...store,
    blob: { ...store.blob, remove: () => Promise.reject(new Error("the store is away")) },
  }
  const { workspace_id } = caller
  const given = {
    workspace_id,
    run_id,
    task: null,
    attempt: null,
    content_type: undefined,
    name: `${workspace_id}/one`,
  }
  await keepArtifact(away)({ ...given, body: new Blob(["new"]).stream() })
  expect(await used()).toEqual([3, 1])
  expect(readdirSync(join(store.folder, "objects"))).toContain(id)
  await sweepArtifacts(store)()
  expect(readdirSync(join(store.folder, "objects"))).not.toContain(id)
  expect(await used()).toEqual([3, 1])
})

test("files that go with their run are counted no more", async () => {
  const old = "019a0000-0000-7000-8000-000000000000"
  await keep("one", 30, { run_id: old })
  gone.add(old)
  await expireArtifacts(store)()
  expect(await used()).toEqual([0, 0])
  await sweepArtifacts(store)()
  expect(await used()).toEqual([0, 0])
})
