import { afterAll, describe, expect, test } from "bun:test"
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Task } from "#language/schema.ts"
import { container } from "../executor/container.ts"
import { given } from "../given.ts"
import { clearContainers } from "./clear.ts"
import { guardContainers } from "./guard.ts"
import type { Found } from "./tool.ts"

const base = mkdtempSync(join(tmpdir(), "wf-container-"))
const worker = given.ground({
  limits: { max_memory_bytes: 64_000_000, max_processes: 30, max_open_files: 128 },
})
const guard = guardContainers("worker-1")
afterAll(async () => {
  await guard.stop()
  await worker.close()
  rmSync(base, { recursive: true, force: true })
})

/** Writes down what it is called with, and plays a container that does what `body` says. */
const stub = (name: "docker" | "podman", body = "exit 0", started = "2026-11-21 19:00:00 +0000 UTC") => {
  const path = join(mkdtempSync(join(base, "stub-")), name)
  const calls = `${path}.calls`
  writeFileSync(calls, "")
  const script = `#!/bin/sh
for word in "$@"; do printf '%s\\037' "$word" >> ${calls}; done
echo >> ${calls}
case $1 in
  run) ${body} ;;
  inspect) echo "false ${started}" ;;
  ps) echo one; echo two ;;
esac
`
  writeFileSync(path, script)
  chmodSync(path, 0o755)
  const found: Found = { ok: true, tool: { name, path } }
  const told = () =>
    readFileSync(calls, "utf8")
      .split("\u001f\n")
      .filter((line) => line !== "")
      .map((line) => line.split("\u001f"))
  return { tool: () => Promise.resolve(found), told }
}

type More = Parameters<typeof worker.run>[2] & { readonly env?: Record<string, string> }

const ran = (tool: () => Promise<Found>, settings: object, { env = {}, ...more }: More = {}) =>
  worker.run(
    container({ ...worker.ground, worker_id: "worker-1", tool, guard }),
    { uses: "container", with: { image: "alpine:3.22", ...settings }, env } as Task,
    more,
  )

describe("what the tool is told", () => {
  test("has the limits, the folder, the image and a script whose values are in variables", async () => {
    const { tool, told } = stub("docker")
    const context = { inputs: { who: "Ada; rm -rf /" } }
    const run = `echo ${"${{"} inputs.who }}`
    const { outcome, folder } = await ran(tool, { run, cpus: 0.5, user: "7:8", network: "none" }, { context })
    expect(outcome).toMatchObject({ ok: true })
    const [words = []] = told()
    const text = words.join(" ")
    expect(text).toStartWith("run --name wf-task-")
    expect(text).toContain(
      "--label wf.worker=worker-1 --pull missing --network none --security-opt no-new-privileges --log-driver none --init --ulimit nofile=128:128",
    )
    expect(text).toContain("--memory 64000000b --pids-limit 30 --ulimit core=0:0 --cpus 0.5")
    expect(text).toContain(
      `--user 7:8 --volume ${folder}/work:/work --volume ${folder}/output:/wf-output --workdir /work`,
    )
    expect(words.slice(-5)).toEqual(["--entrypoint", "sh", "alpine:3.22", "-c", 'echo "${WF_EXPR_1}"'])
    expect(text).not.toContain("rm -rf")
    expect(text).toContain("--env WF_EXPR_1")
  })

  test("has a command as it is, word by word", async () => {
    const { tool, told } = stub("podman")
    const command = ["psql", "-c", `select '${"${{"} inputs.it }}'`, "it's; $(rm) `x`\n"]
    await ran(tool, { command }, { context: { inputs: { it: 1 } } })
    const [words = []] = told()
    expect(words.slice(-5)).toEqual(["alpine:3.22", "psql", "-c", "select '1'", "it's; $(rm) `x`\n"])
    expect(words).not.toContain("--init")
    expect(words.join(" ")).toMatch(/ --stop-timeout 1 --ulimit nproc=(\d+):\1 /)
    expect(words.find((word) => word.endsWith(":/work:Z"))).toBeDefined()
  })

  test("has no value on its command line but those that the tool itself would heed", async () => {
    const { tool, told } = stub("docker", 'printf "[%s]" "$TOKEN" "$MULTI"; echo; echo "$PATH"')
    const env = {
      TOKEN: "s3cret",
      MULTI: "a'b\nc",
      PATH: "/nowhere",
      LD_PRELOAD: "/x.so",
      DOCKER_HOST: "tcp://evil",
    }
    const { lines } = await ran(tool, {}, { env })
    const [words = []] = told()
    expect(words).toContain("TOKEN")
    expect(words).toContain("PATH=/nowhere")
    expect(words).toContain("LD_PRELOAD=/x.so")
    expect(words).toContain("DOCKER_HOST=tcp://evil")
    expect(words.join(" ")).not.toContain("s3cret")
    const printed = lines.map(([, text]) => text)
    expect(printed.slice(0, 2).join("\n")).toBe("[s3cret][a'b\nc]")
    expect(printed[2]).not.toBe("/nowhere")
  })
})

describe("a container's end", () => {
  test("brings its outputs, and removes it", async () => {
    const body =
      'for w in "$@"; do case $w in *:/wf-output) echo rows=3 >> "${w%:/wf-output}" ;; esac; done; echo hi'
    const { tool, told } = stub("docker", body)
    const { outcome, lines } = await ran(tool, { run: "x" })
    expect(outcome).toMatchObject({ ok: true, outputs: { rows: 3 } })
    expect(lines).toEqual([["stdout", "hi"]])
    const name = told()[0]?.[2] ?? ""
    expect(told().at(-1)).toEqual(["rm", "--force", name])
  })

  test.each([
    ["its own code", "echo bad >&2; exit 3", { error: { code: "task.exit", message: "exit code 3: bad" } }],
    [
      "a code of its own that tools have, too",
      "exit 125",
      { error: { code: "task.exit", message: "exit code 125" } },
    ],
  ])("by %s is told", async (_, body, expected) => {
    expect((await ran(stub("docker", body).tool, {})).outcome).toMatchObject({ ok: false, ...expected })
  })

  test("before it has begun is the tool's failure, which another try may mend", async () => {
    const { tool } = stub("docker", "echo 'no space left' >&2; exit 125", "0001-01-01T00:00:00Z")
    const { outcome } = await ran(tool, {})
    const error = { code: "container.failed", message: "The container could not be started: no space left" }
    expect(outcome).toMatchObject({ ok: false, error })
    expect(outcome).not.toHaveProperty("non_retryable")
  })

  test.each([
    "docker: Error response from daemon: No such image: nope:1.",
    "docker: Error response from daemon: pull access denied for nope, repository does not exist or may require 'docker login'",
    "docker: Error response from daemon: manifest for alpine:99 not found: manifest unknown",
    "Error: initializing source docker://nope:1: reading manifest 1 in docker.io/nope: requested access to the resource is denied",
    "Error: localhost/nope:1: image not known",
  ])("for want of its image is for good: %s", async (said) => {
    const { tool } = stub("docker", `echo "${said}" >&2; exit 125`, "0001-01-01T00:00:00Z")
    const { outcome } = await ran(tool, {})
    expect(outcome).toMatchObject({ ok: false, non_retryable: true, error: { code: "container.no_image" } })
    expect(JSON.stringify(outcome)).toContain("There is no image alpine:3.22")
  })

  test("also comes when the task is stopped: the container is removed, whatever became of the tool", async () => {
    const { tool, told } = stub("docker", "echo up; exec sleep 60")
    const stop = new AbortController()
    const reason = { code: "task.cancelled", message: "not wanted" }
    const { outcome } = await ran(tool, {}, { signal: stop.signal, onLine: () => stop.abort(reason) })
    expect(outcome).toMatchObject({ ok: false, error: reason })
    expect(told().at(-1)?.slice(0, 2)).toEqual(["rm", "--force"])
  })
})

test("without docker and podman the error says what to do", async () => {
  const { outcome } = await ran(() => Promise.resolve({ ok: false, reason: "docker is not installed" }), {})
  expect(outcome).toMatchObject({ ok: false, error: { code: "container.unavailable" } })
  expect(JSON.stringify(outcome)).toContain("docker is not installed. Install docker or podman")
})

test("what a worker that is gone has left is removed by its label", async () => {
  const { tool, told } = stub("docker")
  await clearContainers(tool, ["old"])
  expect(told()).toEqual([
    ["ps", "--all", "--quiet", "--filter", "label=wf.worker=old"],
    ["rm", "--force", "one", "two"],
  ])
})
