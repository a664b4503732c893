import { afterAll, expect, test } from "bun:test"
import { createHash } from "node:crypto"
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { create } from "@bufbuild/protobuf"
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect"
import { limits } from "#language/limits.ts"
import type { PlanTask } from "#language/plan.ts"
import { ArtifactService } from "#proto/generated/wf/artifact/v1/artifact_pb.ts"
import { AttemptSchema } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import { fetchFiles } from "./fetch.ts"

const base = mkdtempSync(join(tmpdir(), "wf-fetch-"))
afterAll(() => rmSync(base, { recursive: true, force: true }))

const sum = (text: string) => createHash("sha256").update(text).digest("hex")

type Listed = { readonly name: string; readonly sizeBytes: bigint; readonly sha256: string }

const listed = (files: Readonly<Record<string, string>>): readonly Listed[] =>
  Object.entries(files).map(([name, text]) => ({
    ...{ name, sha256: sum(text) },
    sizeBytes: BigInt(Buffer.byteLength(text)),
  }))

type Store = {
  readonly files: Readonly<Record<string, string>>
  readonly list?: readonly Listed[]
  /** Called before each answer; what it throws is the answer. */
  readonly before?: (what: string) => void
}

const attempt = create(AttemptSchema, { workspaceId: "w", runId: "r" })

/** An attempt's folder, and what comes of fetching into it from a store that answers as told. */
const given = ({ files, list = listed(files), before = () => undefined }: Store) => {
  const folder = mkdtempSync(join(base, "attempt-"))
  const asked: string[] = []
  const transport = createRouterTransport(({ service }) =>
    service(ArtifactService, {
      async *list() {
        asked.push("list")
        before("list")
        for (const file of list) yield { files: [{ ...file, runId: "earlier" }] }
      },
      async *fetch({ runId, name }) {
        asked.push(`${runId} ${name}`)
        before(name)
        const bytes = Buffer.from(files[name] ?? "")
        for (let at = 0; at < bytes.length; at += 3) yield { bytes: bytes.subarray(at, at + 3) }
      },
    }),
  )
  const stop = new AbortController()
  const fetch = (patterns: readonly string[]) =>
    fetchFiles(createClient(ArtifactService, transport))(attempt, {
      folder,
      task: { fetch: patterns } as unknown as PlanTask,
      write: () => Promise.resolve(),
      signal: stop.signal,
    })
  const work = join(folder, "work")
  const read = (name: string) => readFileSync(join(work, name), "utf8")
  return { folder, work, fetch, read, asked, stop }
}

const refused = (code: string, message: string) => ({
  ok: false,
  non_retryable: true,
  error: { code, message: expect.stringContaining(message) },
})

test("what matches is there under its own name, and nothing else is asked for", async () => {
  const files = {
    "out/a.csv": "a,b\n",
    "out/b.txt": "no",
    "out/deep/c.csv": "no",
    "shard[0]/out.csv": "zero",
    "shard[10]/out.csv": "ten",
    "shard[1]/other.csv": "no",
    empty: "",
  }
  const { fetch, read, asked, work, folder } = given({ files })
  expect(await fetch(["out/*.csv", "shard[*]/out.csv", "shard[0]/out.csv", "empty"])).toBeUndefined()
  const names = ["out/a.csv", "shard[0]/out.csv", "shard[10]/out.csv", "empty"]
  expect(asked).toEqual(["list", ...names.map((name) => `earlier ${name}`)])
  expect(names.map(read)).toEqual(["a,b\n", "zero", "ten", ""])
  expect(statSync(join(work, "out/a.csv")).mode & 0o777).toBe(0o644)
  expect(statSync(join(work, "out")).mode & 0o777).toBe(0o755)
  expect(existsSync(join(folder, "fetched"))).toBe(false)
})

test("a task that fetches nothing asks nobody", async () => {
  const { fetch, asked, work } = given({ files: { a: "a" } })
  expect(await fetch([])).toBeUndefined()
  expect([asked, existsSync(work)]).toEqual([[], false])
})

test("a pattern that matches nothing fails for good, and says what there is; nothing is fetched then", async () => {
  const many = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`out/${at + 10}.csv`, ""]))
  const { fetch, asked } = given({ files: many })
  const message = 'No artifact of this run matches "*.csv" of `fetch`. There are "out/10.csv", "out/11.csv", '
  expect(await fetch(["out/*.csv", "*.csv"])).toMatchObject(refused("fetch.no_match", message))
  expect(await fetch(["*.csv"])).toMatchObject(refused("fetch.no_match", "and 2 more."))
  expect(asked).toEqual(["list", "list"])
  const none = given({ files: {} })
  expect(await none.fetch(["a"])).toMatchObject(refused("fetch.no_match", "The run has kept no files yet"))
})

test("there may be only so many files and bytes", async () => {
  const one = (name: string, sizeBytes: bigint) => ({ name, sizeBytes, sha256: sum("") })
  const count = limits.max_fetched_files + 1
  const many = Array.from({ length: count }, (_, at) => one(`${at}`, 0n))
  const crowd = given({ files: {}, list: many })
  expect(await crowd.fetch(["*"])).toMatchObject(refused("fetch.too_many", "More than 10000 artifacts match"))
  const half = BigInt(limits.max_fetched_bytes / 2)
  const heavy = given({ files: {}, list: [one("a", half), one("b", half), one("c", 1n)] })
  expect(await heavy.fetch(["*"])).toMatchObject(refused("fetch.too_large", "more than 32 GiB together"))
  expect([crowd.asked, heavy.asked]).toEqual([["list"], ["list"]])
})

test("no name leads out of the folder, over a link, or over what is no folder", async () => {
  const elsewhere = mkdtempSync(join(base, "elsewhere-"))
  writeFileSync(join(elsewhere, "secret"), "secret")
  const cases: readonly (readonly [string, string])[] = [
    ["../up", "leads out"],
    ["a/../../up", "leads out"],
    ["/etc/passwd", "leads out"],
    ["folder/secret", '"folder" is a link'],
    ["deep/folder/secret", '"deep/folder" is a link'],
    ["plain/below", '"plain" is a file'],
    ["deep", "a folder has its name"],
    ["x".repeat(300), "longer than this system takes"],
  ]
  for (const [name, message] of cases) {
    const { fetch, folder, work } = given({ files: { [name]: "evil" } })
    mkdirSync(join(work, "deep"), { recursive: true })
    writeFileSync(join(work, "plain"), "plain")
    symlinkSync(elsewhere, join(work, "folder"))
    symlinkSync(elsewhere, join(work, "deep/folder"))
    expect([name, await fetch([name])]).toMatchObject([name, refused("fetch.no_place", message)])
    expect(existsSync(join(folder, "up"))).toBe(false)
  }
  expect(readFileSync(join(elsewhere, "secret"), "utf8")).toBe("secret")
})

test("a file of the version, or a link that has the name, makes way and is not written through", async () => {
  const target = join(base, "target")
  writeFileSync(target, "untouched")
  const { fetch, read, work } = given({ files: { link: "fetched", plain: "fetched" } })
  mkdirSync(work)
  symlinkSync(target, join(work, "link"))
  writeFileSync(join(work, "plain"), "the version's, which is longer")
  expect(await fetch(["*"])).toBeUndefined()
  expect([read("link"), read("plain"), readFileSync(target, "utf8")]).toEqual([
    ...["fetched", "fetched", "untouched"],
  ])
})

test("a store that is away for a while is asked again, and what is there already is not brought twice", async () => {
  const fails = new Set(["list", "b"])
  const before = (what: string) => {
    if (fails.delete(what)) throw new ConnectError("away", Code.Unavailable)
  }
  const { fetch, read, asked } = given({ files: { a: "one", b: "two" }, before })
  expect(await fetch(["*"])).toBeUndefined()
  expect([read("a"), read("b")]).toEqual(["one", "two"])
  expect(asked).toEqual(["list", "list", "earlier a", "earlier b", "list", "earlier b"])
})

test("bytes that aren't what was kept are never seen by the task, and another attempt may have better luck", async () => {
  for (const text of ["too short", "another text!", "far too long to be it"]) {
    const list = [{ name: "a", sizeBytes: 13n, sha256: sum("the real text") }]
    const { fetch, work, asked, folder } = given({ files: { a: text }, list })
    const failed = await fetch(["a"])
    expect(failed).toMatchObject({ ok: false, error: { code: "fetch.failed" } })
    expect(failed?.non_retryable).toBeUndefined()
    expect([existsSync(join(work, "a")), existsSync(join(folder, "fetched"))]).toEqual([false, false])
    expect(asked.length).toBe(10)
  }
}, 60_000)

test("an attempt that is stopped stops fetching", async () => {
  const reason = { code: "task.timeout", message: "over" }
  const it = given({ files: { a: "a" }, before: (what) => what === "a" && it.stop.abort(reason) })
  expect(await it.fetch(["a"])).toEqual({ ok: false, error: reason })
  expect(await it.fetch(["a"])).toEqual({ ok: false, error: reason })
  expect(it.asked).toEqual(["list", "earlier a"])
})
