import { beforeAll, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { platform, type UnderTest } from "./platform.ts"

let it: UnderTest
beforeAll(async () => {
  it = await platform()
}, 120_000)

const folder = mkdtempSync(join(tmpdir(), "wf-e2e-fetch-"))

const file = (name: string, lines: readonly string[]): string => {
  const path = join(folder, `${name}.yml`)
  writeFileSync(path, [`name: ${name}`, ...lines, ""].join("\n"))
  return path
}

type Ended = { readonly id: string; readonly status: string }

/** The code of a command that waits for a run, and that run. */
const ran = async (...words: string[]) => {
  const { code, stdout } = await it.wf([...words, "--json"])
  return { code, ...(JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Ended) }
}

/** What a task has printed, without what its worker says of files. */
const logOf = async (run_id: string, task: string) =>
  (await it.wf(["logs", run_id, "--task", task])).stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t").slice(1).join("\t"))
    .filter((text) => !/^(?:fetched|keeping) /.test(text))

const taskOf = async (run_id: string, name: string) =>
  (await it.client.runs.tasks(run_id)).items.find(({ task }) => task === name)

test("files go from task to task, those of items too, through a script and a program, whatever is in them", async () => {
  const path = file("hands-on", [
    "tasks:",
    "  make:",
    "    run: |",
    "      mkdir -p out && printf '\\000\\377binary' > out/a.bin",
    "      head -c 5000000 /dev/urandom > out/large.bin && sha256sum out/large.bin > out/sum",
    '    artifacts: ["out/*"]',
    "  shard:",
    "    for_each: [x, y]",
    `    run: echo ${"${{ item }}"} > part.txt`,
    "    artifacts: [part.txt]",
    "  join:",
    "    needs: [make, shard]",
    '    fetch: ["out/*.bin", out/sum, "shard[*]/part.txt"]',
    "    run: |",
    "      sha256sum -c out/sum",
    "      od -An -c out/a.bin",
    "      cat shard*/part.txt",
    "      find . -type f | sort",
    "  read:",
    "    needs: [make]",
    "    fetch: [out/sum]",
    "    uses: script",
    '    with: { code: "export default async () => ({ sum: (await Bun.file(`out/sum`).text()).length })" }',
  ])
  const { code, id } = await ran("run", path)
  expect(code).toBe(0)
  expect(await logOf(id, "join")).toEqual([
    "out/large.bin: OK",
    "  \\0 377   b   i   n   a   r   y",
    "x",
    "y",
    ...["./out/a.bin", "./out/large.bin", "./out/sum", "./shard[0]/part.txt", "./shard[1]/part.txt"],
  ])
  expect((await taskOf(id, "read"))?.outputs).toEqual({ sum: 64 + 2 + "out/large.bin\n".length })
})

test("a folder goes from task to task as one archive, and from a person", async () => {
  const path = file("folders", [
    "tasks:",
    "  make:",
    "    run: mkdir -p site/img empty && echo home > site/index.html && echo pic > site/img/a.png",
    '    artifacts: ["site/", "empty/"]',
    "  shard:",
    "    for_each: [x, y]",
    `    run: mkdir -p part && echo ${"${{ item }}"} > part/own`,
    '    artifacts: ["part/"]',
    "  ready:",
    "    needs: [make]",
    "    uses: signal",
    "    with: { name: ready }",
    "  join:",
    "    needs: [make, shard, ready]",
    '    fetch: ["site/", "empty/", "shard[*]/part/", "given/", "site.tar.gz"]',
    "    run: find . | sort && cat shard*/part/own",
  ])
  const run_id = (await it.wf(["run", path, "--detach"])).stdout.trim()
  const given = join(folder, "given")
  mkdirSync(given)
  writeFileSync(join(given, "note"), "note")
  const sent = await it.wf(["artifacts", "upload", run_id, `${given}/`])
  expect([sent.code, sent.stdout]).toEqual([
    0,
    expect.stringMatching(/^given\.tar\.gz\t\d+\t[0-9a-f]{64}\n$/),
  ])
  expect((await it.wf(["signal", run_id, "ready"])).code).toBe(0)
  expect((await it.wf(["watch", run_id])).code).toBe(0)
  expect(await logOf(run_id, "join")).toEqual([
    ...[".", "./empty", "./given", "./given/note"],
    ...["./shard[0]", "./shard[0]/part", "./shard[0]/part/own"],
    ...["./shard[1]", "./shard[1]/part", "./shard[1]/part/own"],
    ...["./site", "./site.tar.gz", "./site/img", "./site/img/a.png", "./site/index.html"],
    ...["x", "y"],
  ])
})

test("what isn't there fails the task at once, however often it may be tried, with what there is", async () => {
  const path = file("misses", [
    "tasks:",
    "  make: { run: echo > a.csv, artifacts: [a.csv] }",
    "  use: { needs: [make], fetch: ['*.txt'], run: echo never, retries: { max_retries: 3 } }",
  ])
  const { code, id } = await ran("run", path)
  expect(code).toBe(1)
  const message = 'No artifact of this run matches "*.txt" of `fetch`. There are "a.csv".'
  expect(await taskOf(id, "use")).toMatchObject({ attempt: 1, error: { code: "fetch.no_match", message } })
})

test("a rerun of what failed, and one of that, fetch what the first run has kept; what is made anew comes first", async () => {
  const path = file("fetches-again", [
    "inputs: { ok: { type: boolean, default: false }, sure: { type: boolean, default: false } }",
    "tasks:",
    "  make: { run: echo made > made.txt, artifacts: [made.txt] }",
    "  shard:",
    "    for_each: [0, 1]",
    `    run: echo ${"${{ inputs.ok }}"} > part.txt; test ${"${{ index }}"} = 0 || ${"${{ inputs.ok }}"}`,
    "    artifacts: [part.txt]",
    "  use:",
    "    needs: [make, shard]",
    '    fetch: [made.txt, "shard[*]/part.txt"]',
    `    run: cat made.txt shard*/part.txt; ${"${{ inputs.sure }}"}`,
  ])
  const first = await ran("run", path)
  expect([first.code, (await taskOf(first.id, "use"))?.status]).toEqual([1, "skipped"])
  const second = await ran("rerun", first.id, "--failed", "-i", "ok=true")
  expect([second.code, await logOf(second.id, "use")]).toEqual([1, ["made", "false", "true"]])
  const third = await ran("rerun", second.id, "--failed", "-i", "sure=true")
  expect([third.code, await logOf(third.id, "use")]).toEqual([0, ["made", "false", "true"]])
  const own = (await it.wf(["artifacts", "list", third.id])).stdout
  expect(own).toBe("")
  const fourth = await ran("rerun", third.id, "--from", "use")
  expect([fourth.code, await logOf(fourth.id, "use")]).toEqual([0, ["made", "false", "true"]])
})

test("a result from the cache brings its files, and files that are gone are told", async () => {
  const path = file("cached-files", [
    "tasks:",
    "  make: { run: echo kept > kept.txt, artifacts: [kept.txt], cache: { key: always } }",
    "  use: { needs: [make], fetch: [kept.txt], run: cat kept.txt }",
  ])
  const first = await ran("run", path)
  const second = await ran("run", path)
  expect((await taskOf(second.id, "make"))?.reason).toBe("cached")
  expect([second.code, await logOf(second.id, "use")]).toEqual([0, ["kept"]])
  await it.client.artifacts.remove(first.id, "kept.txt")
  const third = await ran("run", path)
  expect([third.code, (await taskOf(third.id, "use"))?.error]).toMatchObject([
    1,
    { code: "fetch.no_match", message: expect.stringContaining("The run has kept no files yet") },
  ])
})

test("a program that fetches is pushed as a file that does", async () => {
  const yaml = file("twice", [
    "tasks:",
    "  make: { run: echo a > a.txt, artifacts: [a.txt] }",
    "  use: { needs: [make], fetch: [a.txt], run: cat a.txt }",
  ])
  const program = join(folder, "twice.ts")
  writeFileSync(
    program,
    [
      'import { workflow } from "wf"',
      'export const twice = workflow("twice")',
      '  .task("make", { run: "echo a > a.txt", artifacts: ["a.txt"] })',
      '  .task("use", { needs: ["make"], fetch: ["a.txt"], run: "cat a.txt" })',
      "",
    ].join("\n"),
  )
  expect((await it.wf(["push", yaml])).stdout).toBe("twice\t1\tcreated\n")
  expect((await it.wf(["push", program])).stdout).toBe("twice\t1\tunchanged\n")
  const wrong = file("wrong", ["tasks:", "  a: { uses: noop, fetch: [../b] }"])
  const refused = await it.wf(["validate", wrong])
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain(":3:20: `uses: noop` has no folder to put files into")
  expect((await it.wf(["schema"])).stdout).toContain('"fetch"')
})
