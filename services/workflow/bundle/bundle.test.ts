import { afterAll, beforeAll, expect, test } from "bun:test"
import type { compile } from "#language/plan.ts"
import type { Definition } from "#language/schema.ts"
import { given, type WorkflowHouse } from "../given.ts"
import { giveBundle } from "./give.ts"
import { bundleKey } from "./keep.ts"
import { sweepBundles } from "./sweep.ts"

let house: WorkflowHouse
beforeAll(async () => {
  house = await given.house()
})
afterAll(() => house.close())

const home = crypto.randomUUID()

type Pushed = {
  readonly status: number
  readonly version: number
  readonly digest: string
  readonly files: readonly { path: string; executable: boolean; size_bytes: number; sha256: string }[]
  readonly errors: readonly { path: string; message: string }[]
}

const definition = (name: string, files: readonly string[] = ["run.sh"]) => ({
  ...{ name, files },
  tasks: { one: { run: "./run.sh" } },
})

const push = async (body: unknown): Promise<Pushed> => {
  const response = await house.app.request("/api/v1/workflows", {
    method: "POST",
    headers: { authorization: `Bearer developer@${home}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  })
  return { ...((await response.json()) as Omit<Pushed, "status">), status: response.status }
}

const pushOne = (name: string, content: string, more: object = {}) =>
  push({ definition: definition(name), files: [{ path: "run.sh", content, ...more }] })

const bundleOf = async (name: string): Promise<string> => {
  const [row] = await house.database.run(
    (sql) => sql<{ plan: ReturnType<typeof compile> }>`
      select plan from workflow.version join workflow.workflow on id = workflow_id and version = latest_version
      where name = ${name}`,
  )
  return row?.plan.tasks[0]?.bundle ?? ""
}

const keyOf = (digest: string) => bundleKey({ workspace_id: home, digest })

test("files belong to the version: unchanged ones make none, changed ones do", async () => {
  const first = await pushOne("changing", "echo one", { executable: true })
  expect(first).toMatchObject({ status: 201, version: 1 })
  expect(first.files).toEqual([
    {
      path: "run.sh",
      executable: true,
      size_bytes: 8,
      sha256: new Bun.SHA256().update("echo one").digest("hex"),
    },
  ])
  const content = Buffer.from("echo one").toString("base64")
  expect(await pushOne("changing", content, { encoding: "base64", executable: true })).toMatchObject({
    ...{ status: 200, version: 1, digest: first.digest },
  })
  expect(await pushOne("changing", "echo two", { executable: true })).toMatchObject({
    status: 201,
    version: 2,
  })
  expect(await pushOne("changing", "echo two")).toMatchObject({ status: 201, version: 3 })
  const again = await pushOne("changing", "echo one", { executable: true })
  expect(again).toMatchObject({ status: 201, version: 4, digest: first.digest })
})

test("what was pushed is given to workers, to those of the same workspace alone", async () => {
  await pushOne("given", "echo given")
  const digest = await bundleOf("given")
  const bytes = await giveBundle(house)({ workspace_id: home, digest })
  expect(new TextDecoder().decode(bytes)).toEndWith("\necho given")
  expect(new Bun.SHA256().update(bytes).digest("hex")).toBe(digest)
  const elsewhere = giveBundle(house)({ workspace_id: crypto.randomUUID(), digest })
  expect(elsewhere).rejects.toMatchObject({ code: "bundle.not_found", status: 404 })
})

test("what a store has lost or spoilt is brought back by the next push", async () => {
  await pushOne("lost", "echo lost")
  const digest = await bundleOf("lost")
  await house.blob.remove([keyOf(digest)])
  expect(giveBundle(house)({ workspace_id: home, digest })).rejects.toMatchObject({
    code: "bundle.not_found",
  })
  expect(await pushOne("lost", "echo lost")).toMatchObject({ status: 200, version: 1 })
  const brought = await giveBundle(house)({ workspace_id: home, digest })
  expect(new Bun.SHA256().update(brought).digest("hex")).toBe(digest)
  for (const spoilt of [new Uint8Array(brought.length), new Uint8Array(3)]) {
    await house.blob.put(keyOf(digest), new Blob([spoilt]).stream(), {
      content_type: "a/b",
      max_bytes: 1_000,
    })
    expect(await pushOne("lost", "echo lost")).toMatchObject({ status: 200, version: 1 })
    expect(await giveBundle(house)({ workspace_id: home, digest })).toEqual(brought)
  }
})

test("files that don't fit what the workflow names are refused, each by its place, and nothing is kept", async () => {
  const files = [
    { path: "run.sh", content: "a" },
    { path: "run.sh", content: "b" },
    { path: "../run.sh", content: "c" },
    { path: "bad.bin", content: "!!", encoding: "base64" },
    { path: "large.bin", content: "x".repeat(1_048_577) },
  ]
  const refused = await push({
    definition: definition("refused", ["run.sh", "bad.bin", "large.bin", "absent.txt"]),
    files,
  })
  expect(refused.status).toBe(422)
  expect(refused.errors).toEqual([
    { path: "files[1]", message: "`run.sh` is there twice" },
    { path: "files[2]", message: "`../run.sh` isn't one of the workflow's `files`: name it there" },
    { path: "files[3]", message: "the content of `bad.bin` is no base64" },
    {
      path: "files[4]",
      message: "`large.bin` has 1048577 bytes; a file has at most 1048576: fetch large data in a task",
    },
    {
      path: "definition.files[3]",
      message: "`absent.txt` is named here, and what it holds was not sent along in `files`",
    },
  ])
  const found = await house.database.run((sql) => sql`select from workflow.workflow where name = 'refused'`)
  expect(found).toHaveLength(0)
})

test("all files together are bounded, and hostile names never get as far as the store", async () => {
  const names = ["a", "b", "c"]
  const sent = names.map((path) => ({ path, content: "x".repeat(1_000_000) }))
  const large = await push({ definition: definition("large", names), files: sent })
  expect([large.status, large.errors]).toEqual([
    422,
    [
      {
        path: "files",
        message:
          "the files have 3000000 bytes; all together have at most 2097152: fetch large data in a task",
      },
    ],
  ])
  for (const path of ["../../etc/cron.d/x", "/etc/x", "a\0b", "CON"]) {
    const refused = await push({ definition: definition("hostile", [path]), files: [{ path, content: "" }] })
    expect([path, refused.status, refused.errors.map((one) => one.path)]).toEqual([path, 422, ["files[0]"]])
  }
})

test("files without a definition are no push", async () => {
  const steps = [{ name: "a", type: "noop" }]
  expect(await push({ name: "s", steps, files: [] })).toMatchObject({ status: 422, code: "request.invalid" })
})

test("a push that died leaves bytes for a day, and a version's bytes stay", async () => {
  await pushOne("swept", "echo kept")
  const kept = await bundleOf("swept")
  const dead = "d".repeat(64)
  await house.blob.put(keyOf(dead), new Blob(["x"]).stream(), { content_type: "text/plain", max_bytes: 10 })
  const insert = (age: string) =>
    house.database.run(
      (sql) => sql`
        insert into workflow.bundle (workspace_id, digest, touched_at)
        values (${home}::text::uuid, ${dead}, now() - ${age}::text::interval)
        on conflict (workspace_id, digest) do update set touched_at = excluded.touched_at`,
    )
  await insert("23 hours")
  await sweepBundles(house)()
  expect(await house.blob.open(keyOf(dead))).toBeDefined()
  await insert("25 hours")
  await house.database.run((sql) => sql`update workflow.bundle set touched_at = now() - interval '2 days'`)
  await sweepBundles(house)()
  expect(await house.blob.open(keyOf(dead))).toBeUndefined()
  expect(await house.blob.open(keyOf(kept))).toBeDefined()
  const left = await house.database.run((sql) => sql`select from workflow.bundle where digest = ${dead}`)
  expect(left).toHaveLength(0)
})

test("a version without files says so", async () => {
  const plain: Definition = { name: "plain", tasks: { one: { uses: "noop" } } }
  expect(await push({ definition: plain })).toMatchObject({ status: 201, files: [] })
  expect(await push({ definition: plain, files: [] })).toMatchObject({ status: 200, files: [] })
})
