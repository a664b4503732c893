import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import type { Caller } from "#kernel/audit/caller.ts"
import { deedsIn } from "#kernel/testing/deeds.ts"
import { type GivenStore, givenCaller, givenStore } from "../given.ts"
import { showUsage } from "../workspace/usage.ts"
import { takeArrivals } from "./arrive.ts"
import { linkUpload } from "./link.ts"
import { listArtifacts } from "./list.ts"
import { openArtifact, showArtifact } from "./open.ts"
import { removeArtifact } from "./remove.ts"
import { sweepArtifacts } from "./sweep.ts"
import { uploadArtifact } from "./upload.ts"

let store: GivenStore
let caller: Caller
let run_id: string
beforeAll(async () => {
  store = await givenStore({ quota_bytes: 100 })
})
afterAll(() => store.close())
beforeEach(() => {
  run_id = crypto.randomUUID()
  caller = givenCaller()
})

const sumOf = (text: string) => new Bun.CryptoHasher("sha256").update(text).digest("hex")

const link = (text: string, more: { readonly sha256?: string; readonly by?: Caller } = {}) =>
  linkUpload(store)(more.by ?? caller, {
    ...{ run_id, name: "in/data.csv", content_type: "text/csv", expires_s: 60 },
    expected: { size_bytes: text.length, sha256: more.sha256 },
  })

const send = async ({ url, headers }: Awaited<ReturnType<typeof link>>, body: string) =>
  (await store.follow(url, { method: "PUT", headers, body })).status

const names = async () =>
  (await listArtifacts(store)(caller, { run_id, limit: 10 })).items.map(({ name }) => name)

const textOf = async () => {
  const artifact = await showArtifact(store)(caller, { run_id, name: "in/data.csv" })
  return new Response((await openArtifact(store)(artifact, undefined)).body).text()
}

const inFolder = (folder: string) => readdirSync(join(store.folder, folder))

/** All links have ended so long ago that nothing comes by them any more. */
const endLinks = () =>
  store.database.run(
    (sql) =>
      sql`update artifact.artifact set link_until = now() - interval '2 hours' where link_until is not null`,
  )

test("what is sent to a link is a file of the run at once, as whoever asks for it sees", async () => {
  const made = await link("a;b", { sha256: sumOf("a;b") })
  expect(await names()).toEqual([])
  expect(await send(made, "a;b")).toBe(200)
  expect(await names()).toEqual(["in/data.csv"])
  expect(await textOf()).toBe("a;b")
  const [item] = (await listArtifacts(store)(caller, { run_id, limit: 10 })).items
  expect(item).toMatchObject({ content_type: "text/csv", size_bytes: 3, sha256: sumOf("a;b"), task: null })
  expect(await deedsIn(store.database, caller.workspace_id)).toEqual([])
})

test("whoever asks for nothing finds it by its event: the service looks by itself, and takes it once", async () => {
  expect(await send(await link("a;b"), "a;b")).toBe(200)
  await Promise.all([takeArrivals(store)(), takeArrivals(store)(), takeArrivals(store)()])
  const told = await store.database.run(
    (sql) => sql`select 1 from artifact.outbox where events::text like ${`%${run_id}%`}`,
  )
  expect(told).toHaveLength(1)
  expect(await names()).toEqual(["in/data.csv"])
})

test("nothing else is taken: another size, another content, another way, and nothing of it stays", async () => {
  const made = await link("a;b", { sha256: sumOf("a;b") })
  for (const body of ["a;bc", "a;", ""]) expect([413, 422]).toContain(await send(made, body))
  expect(await send(made, "a;c")).toBe(422)
  expect((await store.follow(made.url)).status).toBe(403)
  const larger = made.url.replace("size_bytes=3", "size_bytes=4")
  expect((await store.follow(larger, { method: "PUT", body: "a;bc" })).status).toBe(403)
  const other = made.url.replace(sumOf("a;b"), sumOf("a;c"))
  expect((await store.follow(other, { method: "PUT", body: "a;c" })).status).toBe(403)
  expect(await names()).toEqual([])
  expect(await send(made, "a;b")).toBe(200)
  expect(await names()).toEqual(["in/data.csv"])
})

test("what the store took all the same is checked before it is a file, and the link takes the right one then", async () => {
  const { url, headers } = await link("a;b", { sha256: sumOf("a;b") })
  const [, key = ""] = /\/blobs\/([^?]+)/.exec(url) ?? []
  const limits = { content_type: "text/csv", max_bytes: 100 }
  await store.blob.put(key, new Blob(["forged"]).stream(), limits)
  expect(await names()).toEqual([])
  expect((await store.follow(url, { method: "PUT", headers, body: "a;b" })).status).toBe(200)
  expect(await names()).toEqual(["in/data.csv"])
  expect(await textOf()).toBe("a;b")
})

test("a link brings one file: what is sent to it again changes nothing, and is swept", async () => {
  const made = await link("a;b")
  await send(made, "a;b")
  expect(await names()).toEqual(["in/data.csv"])
  await send(made, "c;d")
  expect(await textOf()).toBe("a;b")
  await removeArtifact(store)(caller, { run_id, name: "in/data.csv" })
  await send(made, "e;f")
  await takeArrivals(store)()
  expect(await names()).toEqual([])
  await endLinks()
  await sweepArtifacts(store)()
  expect(inFolder("staging")).toEqual([])
  const rows = await store.database.run(
    (sql) => sql`select 1 from artifact.artifact where run_id = ${run_id}::text::uuid`,
  )
  expect(rows).toEqual([])
})

test("what was sent again to the link of a file that stays is swept as well", async () => {
  const made = await link("a;b")
  await send(made, "a;b")
  await names()
  await send(made, "c;d")
  await endLinks()
  await sweepArtifacts(store)()
  expect(inFolder("staging")).toEqual([])
  expect(await textOf()).toBe("a;b")
})

test("room is kept for it until the link has ended", async () => {
  const made = await link("x".repeat(90))
  expect((await showUsage(store)(caller)).bytes).toBe(90)
  expect(link("x".repeat(11))).rejects.toMatchObject({ code: "artifact.quota_exceeded" })
  await endLinks()
  await sweepArtifacts(store)()
  expect((await showUsage(store)(caller)).bytes).toBe(0)
  expect(await send(made, "x".repeat(90))).toBe(200)
  expect(await names()).toEqual([])
})

test("who died after taking it is followed by somebody who finds it", async () => {
  const made = await link("a;b")
  await send(made, "a;b")
  const dying: GivenStore = {
    ...store,
    blob: {
      ...store.blob,
      move: (from, to) => store.blob.move(from, to).then(() => Promise.reject(new Error("killed"))),
    },
  }
  expect(takeArrivals(dying)()).rejects.toThrow("killed")
  expect(await names()).toEqual([])
  await store.database.run(
    (sql) => sql`update artifact.artifact set taken_until = now() where run_id = ${run_id}::text::uuid`,
  )
  expect(await names()).toEqual(["in/data.csv"])
})

test("a file that is replaced by a link is told to be by whoever asked for it", async () => {
  const given = { run_id, name: "in/data.csv", content_type: undefined }
  await uploadArtifact(store)(caller, { ...given, body: new Blob(["old"]).stream() })
  await send(await link("new"), "new")
  expect(await textOf()).toBe("new")
  expect(await deedsIn(store.database, caller.workspace_id)).toMatchObject([
    { action: "artifact.replaced", actor: { id: caller.user_id } },
  ])
})

test("a link is not for those who may not write, nor for what would be too large, or leave its folder", async () => {
  expect(link("a", { by: { ...caller, role: "viewer" } })).rejects.toMatchObject({ code: "auth.forbidden" })
  expect(link("x".repeat(1_001))).rejects.toMatchObject({ code: "artifact.too_large" })
  const wanted = { run_id, content_type: undefined, expires_s: 60, expected: { size_bytes: 1 } }
  expect(linkUpload(store)(caller, { ...wanted, name: "../up" })).rejects.toMatchObject({
    code: "artifact.name_invalid",
  })
  expect((await showUsage(store)(caller)).bytes).toBe(0)
})
