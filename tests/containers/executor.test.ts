import { afterAll, describe, expect, test } from "bun:test"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { runCommand } from "#deploy/engines/command.ts"
import { podmanForTests, test_image } from "#deploy/engines/testing/podman.ts"
import { until } from "#kernel/testing/until.ts"
import type { Task } from "#language/schema.ts"
import { guardContainers } from "#services/worker/container/guard.ts"
import type { Found } from "#services/worker/container/tool.ts"
import { container } from "#services/worker/executor/container.ts"
import { given } from "#services/worker/given.ts"

const podman = await podmanForTests()
const worker = given.ground({ limits: { max_memory_bytes: 128 * 1024 ** 2, max_processes: 40 } })
const worker_id = `worker-${crypto.randomUUID()}`
const guard = guardContainers(worker_id)
afterAll(async () => {
  await guard.stop()
  await worker.close()
  await podman?.remove()
})

const tool = (): Promise<Found> =>
  Promise.resolve({ ok: true, tool: { name: "podman", path: podman?.path ?? "" } })

type More = Parameters<typeof worker.run>[2] & { readonly task?: object }

const ran = (settings: object, { task = {}, ...more }: More = {}) =>
  worker.run(
    container({ ...worker.ground, worker_id, tool, guard }),
    { uses: "container", with: { image: test_image, network: "none", ...settings }, ...task } as Task,
    more,
  )

const containers = async (of = worker_id): Promise<string> => {
  const filter = ["--filter", `label=wf.worker=${of}`]
  return (await runCommand({ words: [podman?.path ?? "", "ps", "--all", "--quiet", ...filter] })).trim()
}

describe.skipIf(podman === undefined)("a container that really runs", () => {
  test("prints line by line, as it comes", async () => {
    const seen: [string, number][] = []
    const run = "echo one; echo two >&2; sleep 1; echo three; printf four"
    const { outcome, lines } = await ran(
      { run },
      { onLine: (text) => void seen.push([text, performance.now()]) },
    )
    expect(outcome).toMatchObject({ ok: true })
    expect(lines.filter(([stream]) => stream === "stdout").map(([, text]) => text)).toEqual([
      "one",
      "three",
      "four",
    ])
    expect(lines).toContainEqual(["stderr", "two"])
    const at = (text: string) => seen.find(([one]) => one === text)?.[1] ?? 0
    expect(at("three") - at("one")).toBeGreaterThan(500)
  })

  test.each([1, 125, 127])("ends with its own code, %i", async (code) => {
    const { outcome } = await ran({ run: `echo bad >&2; exit ${code}` })
    expect(outcome).toMatchObject({
      ok: false,
      error: { code: "task.exit", message: `exit code ${code}: bad` },
      usage: { exit_code: code },
    })
    expect(await containers()).toBe("")
  })

  test("has its variables, and values of expressions, as they are", async () => {
    const env = { PLAIN: "a b", ODD: "it's; $(id) `id`\nnext", PATH: "/bin:/odd" }
    const { lines } = await ran(
      { run: `printf '[%s]' "$PLAIN" "$ODD" "$PATH" "$WF_TASK"; echo ${"${{"} inputs.who }}` },
      { task: { env }, context: { inputs: { who: "Ada; rm -rf /" } } },
    )
    const printed = lines.map(([, text]) => text).join("\n")
    expect(printed).toBe("[a b][it's; $(id) `id`\nnext][/bin:/odd][only]Ada; rm -rf /")
  })

  test("finds the task's folder at /work, and leaves its files and outputs there", async () => {
    const run = 'cat given.txt; pwd; mkdir out; echo 1,2 > out/a.csv; echo "rows=3" >> "$WF_OUTPUT"'
    const { outcome, lines, folder } = await ran(
      { run },
      {
        prepare: (at) => {
          runSync(["mkdir", join(at, "work")])
          writeFileSync(join(at, "work/given.txt"), "brought along\n")
        },
      },
    )
    expect(outcome).toMatchObject({ ok: true, outputs: { rows: 3 } })
    expect(lines.map(([, text]) => text)).toEqual(["brought along", "/work"])
    expect(readFileSync(join(folder, "work/out/a.csv"), "utf8")).toBe("1,2\n")
  })

  test("is who it is asked to be, and may write all the same", async () => {
    const run = 'id -u; echo mine > mine; echo ok=true >> "$WF_OUTPUT"'
    const { outcome, lines } = await ran({ run, user: "1000:1000" })
    expect(lines).toEqual([["stdout", "1000"]])
    expect(outcome).toMatchObject({ ok: true, outputs: { ok: true } })
  })

  test("runs a command word by word, in the folder that is asked for", async () => {
    const { lines } = await ran({
      command: ["sh", "-c", 'echo "$0 $1"; pwd', "a  b", "$(id)"],
      workdir: "/tmp",
    })
    expect(lines.map(([, text]) => text)).toEqual(["a  b $(id)", "/tmp"])
  })

  test("is held to its memory", async () => {
    const task = { limits: { memory: "24MiB" } }
    const { outcome, folder } = await ran({ command: ["tail", "-n", "1", "/dev/zero"] }, { task })
    expect(readdirSync(join(folder, "work"))).toEqual([])
    // Not on every kernel does podman know whether it was the memory.
    expect(outcome).toMatchObject({
      ok: false,
      error: { code: expect.stringMatching(/^task\.(memory|exit)$/) },
    })
    expect(JSON.stringify(outcome)).toContain("24 MiB")
  })

  test("is held to its processes, and few of them are no trouble for podman itself", async () => {
    const run = "for n in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 2 & done; echo all"
    const task = { limits: { processes: 8, open_files: 64, memory: "16MiB" } }
    const { outcome, lines } = await ran({ run }, { task })
    expect(outcome).toMatchObject({ ok: false, error: { code: "task.exit" } })
    expect(JSON.stringify(lines)).toMatch(/fork/i)
    expect(await ran({ run: "ulimit -n" }, { task })).toMatchObject({
      outcome: { ok: true },
      lines: [["stdout", "64"]],
    })
  })
})

/** How many processes of this machine, those in containers among them, were begun with this word. */
const processesWith = (word: string): number =>
  readdirSync("/proc").filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, "utf8").includes(word)
    } catch {
      return false
    }
  }).length

const runSync = (words: string[]): void => {
  if (Bun.spawnSync(words).exitCode !== 0) throw new Error(`\`${words.join(" ")}\` failed`)
}

describe.skipIf(podman === undefined)("a container that is to end", () => {
  test.each(["task.timeout", "task.cancelled"])("by %s is ended and removed", async (code) => {
    const stop = new AbortController()
    const reason = { code, message: "enough" }
    const mark = crypto.randomUUID()
    const command = ["sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.1; done", mark]
    let seen = 0
    const onLine = () => {
      seen = processesWith(mark)
      stop.abort(reason)
    }
    const { outcome } = await ran({ command }, { signal: stop.signal, onLine })
    expect(seen).toBeGreaterThan(0)
    expect(outcome).toMatchObject({ ok: false, error: reason })
    expect(await containers()).toBe("")
    expect(processesWith(mark)).toBe(0)
  })

  test("by a polite one that it heeds, has its last words", async () => {
    const stop = new AbortController()
    const run = "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.1; done"
    const { lines } = await ran(
      { run },
      { signal: stop.signal, onLine: () => stop.abort({ code: "task.cancelled", message: "" }) },
    )
    expect(lines.map(([, text]) => text)).toEqual(["up", "bye"])
  })
})

describe.skipIf(podman === undefined)("what podman itself fails at", () => {
  test("is told; an image that isn't there is for good", async () => {
    const { outcome } = await ran({ image: "localhost/wf-nothing:9", pull: "never" })
    expect(outcome).toMatchObject({ ok: false, non_retryable: true, error: { code: "container.no_image" } })
    expect(JSON.stringify(outcome)).toContain("There is no image localhost/wf-nothing:9 for this worker")
  })

  test("may be mended where it is a registry that doesn't answer", async () => {
    const { outcome } = await ran({ image: "127.0.0.1:9/wf-nothing:9" })
    expect(outcome).toMatchObject({ ok: false, error: { code: "container.failed" } })
    expect(outcome).not.toHaveProperty("non_retryable")
    expect(JSON.stringify(outcome)).toContain("127.0.0.1:9")
  })

  test("is told of a command that the image doesn't have", async () => {
    const { outcome } = await ran({ command: ["no-such-program"] })
    expect(outcome).toMatchObject({ ok: false, error: { code: "container.failed" } })
    expect(JSON.stringify(outcome)).toContain("no-such-program")
    expect(await containers()).toBe("")
  })
})

/** A worker of a kind, in a process that can be killed. */
const doomed = `
const at = ${JSON.stringify(join(import.meta.dir, "../../services/worker"))}
const { container } = await import(at + "/executor/container.ts")
const { guardContainers } = await import(at + "/container/guard.ts")
const { given } = await import(at + "/given.ts")
const [worker_id, path, image] = process.argv.slice(1)
const worker = given.ground()
const tool = async () => ({ ok: true, tool: { name: "podman", path } })
const settings = { image, network: "none", run: "trap '' TERM; echo up; while :; do sleep 0.1; done" }
await worker.run(
  container({ ...worker.ground, worker_id, tool, guard: guardContainers(worker_id) }),
  { uses: "container", with: settings },
  { onLine: (text) => console.log(text) },
)
`

test.skipIf(podman === undefined)("a worker that is killed leaves no container", async () => {
  const id = `doomed-${crypto.randomUUID()}`
  const words = [process.execPath, "-e", doomed, id, podman?.path ?? "", test_image]
  const child = Bun.spawn(words, { stdout: "pipe", stderr: "inherit" })
  const { value } = await child.stdout.getReader().read()
  expect(new TextDecoder().decode(value)).toBe("up\n")
  expect(await containers(id)).not.toBe("")
  child.kill("SIGKILL")
  await child.exited
  await until("its container is removed", async () => (await containers(id)) === "")
})
