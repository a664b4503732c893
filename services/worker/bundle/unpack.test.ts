import { afterAll, expect, test } from "bun:test"
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Problem } from "#kernel/problem/problem.ts"
import { type Bundle, packBundle } from "#language/bundle.ts"
import { compile } from "#language/plan.ts"
import { createBundles } from "./fetch.ts"
import { unpackFiles } from "./unpack.ts"

const base = mkdtempSync(join(tmpdir(), "wf-unpack-"))
afterAll(() => rmSync(base, { recursive: true, force: true }))

const bundle = (text: string): Promise<Bundle> =>
  packBundle([
    { path: "run.sh", executable: true, bytes: new TextEncoder().encode(`echo ${text}`) },
    { path: "data/table.csv", executable: false, bytes: new TextEncoder().encode(text) },
  ])

/** The workflow service's door: it counts, and answers what it is told to. */
const store = (answers: Readonly<Record<string, Uint8Array>>) => {
  const asked: string[] = []
  const giveBundle = async ({ digest = "" }: { digest?: string }) => {
    asked.push(digest)
    await Promise.resolve()
    const bytes = answers[digest]
    if (!bytes) throw new Problem("bundle.not_found")
    return { $typeName: "wf.workflow.v1.GiveBundleResponse" as const, bytes }
  }
  return { giveBundle, asked }
}

const workspaceId = crypto.randomUUID()

const taskWith = (digest: string) => {
  const [task] = compile(
    { name: "one", files: ["run.sh"], tasks: { one: { run: "./run.sh" } } },
    digest,
  ).tasks
  if (!task) throw new Error("there is no task")
  return { task, folder: mkdtempSync(join(base, "attempt-")) }
}

test("files are there as they were pushed, and brought once for many attempts", async () => {
  const { digest, bytes } = await bundle("one")
  const from = store({ [digest]: bytes })
  const unpack = unpackFiles(createBundles(from))
  const attempts = [taskWith(digest), taskWith(digest), taskWith(digest)]
  expect(await Promise.all(attempts.map((one) => unpack({ workspaceId }, one)))).toEqual([
    ...[undefined, undefined, undefined],
  ])
  await unpack({ workspaceId }, taskWith(digest))
  expect(from.asked).toEqual([digest])
  for (const { folder } of attempts) {
    expect(readFileSync(join(folder, "work/run.sh"), "utf8")).toBe("echo one")
    expect(statSync(join(folder, "work/run.sh")).mode & 0o777).toBe(0o755)
    expect(readFileSync(join(folder, "work/data/table.csv"), "utf8")).toBe("one")
    expect(statSync(join(folder, "work/data/table.csv")).mode & 0o777).toBe(0o644)
  }
})

test("what is gone from the store, or isn't what was pushed, fails the task for good and is asked for again", async () => {
  const [one, other] = [await bundle("one"), await bundle("other")]
  const from = store({ [one.digest]: other.bytes })
  const unpack = unpackFiles(createBundles(from))
  const expected = { ok: false as const, non_retryable: true }
  expect(await unpack({ workspaceId }, taskWith(one.digest))).toEqual({
    ...expected,
    error: {
      code: "files.missing",
      message:
        "The files of this version could not be brought: What the store has is not what was pushed. Push the workflow again with `wf push FILE`, which brings them back.",
    },
  })
  expect(await unpack({ workspaceId }, taskWith(other.digest))).toMatchObject({
    ...expected,
    error: { code: "files.missing" },
  })
  await unpack({ workspaceId }, taskWith(other.digest))
  expect(from.asked).toEqual([one.digest, other.digest, other.digest])
})

test("what is kept in memory is bounded, and the oldest is forgotten first", async () => {
  const all = await Promise.all(["one", "two", "six"].map(bundle))
  const [first, second, third] = all
  if (!first || !second || !third) throw new Error("there are no bundles")
  const from = store(Object.fromEntries(all.map(({ digest, bytes }) => [digest, bytes])))
  const bring = createBundles(from, first.bytes.length * 2)
  const ask = ({ digest }: Bundle) => bring({ workspace_id: workspaceId, digest })
  for (const one of [first, second, third, third, second, first]) await ask(one)
  expect(from.asked).toEqual([first, second, third, first].map(({ digest }) => digest))
})

test("a task without files asks for none", async () => {
  const from = store({})
  const [task] = compile({ name: "one", tasks: { one: { run: "true" } } }).tasks
  if (!task) throw new Error("there is no task")
  expect(await unpackFiles(createBundles(from))({ workspaceId }, { task, folder: base })).toBeUndefined()
  expect(from.asked).toEqual([])
})
