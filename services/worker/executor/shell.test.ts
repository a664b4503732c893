import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { mkdir } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import { compile } from "#language/plan.ts"
import { given } from "../given.ts"
import type { Execution, LogStream, Outcome } from "./executor.ts"
import { shell } from "./shell.ts"

let worker: ReturnType<typeof given.ground>
let base: string
beforeAll(() => {
  worker = given.ground()
  base = mkdtempSync(join(tmpdir(), "wf-shell-"))
})
afterAll(async () => {
  await worker.close()
  rmSync(base, { recursive: true, force: true })
})

type Ran = { readonly outcome: Outcome; readonly lines: readonly (readonly [LogStream, string])[] }

type Wanted = {
  readonly stop?: AbortController
  readonly env?: Record<string, string>
  readonly write?: Execution["write"]
  readonly onLine?: (text: string) => void
}

let count = 0

const ran = async (script: string, { stop, env = {}, write, onLine }: Wanted = {}): Promise<Ran> => {
  const [task] = compile({ name: "test", tasks: { only: { run: script, env } } }).tasks
  if (!task) throw new Error("there is no task")
  count += 1
  const folder = join(base, String(count))
  await mkdir(folder)
  const lines: [LogStream, string][] = []
  const outcome = await shell(worker.ground)({
    ...{ workspace_id: "workspace", run_id: "run", task_run_id: "task", attempt: 2, task, folder },
    context: {
      inputs: { name: "Ada; rm -rf /" },
      env: {},
      tasks: {},
      run: { id: "run", workflow: "test", version: 1 },
    },
    write:
      write ??
      (async (stream, text) => {
        lines.push([stream, text])
        onLine?.(text)
      }),
    signal: (stop ?? new AbortController()).signal,
  })
  return { outcome, lines }
}

const isAlive = (process_id: number): boolean => {
  try {
    process.kill(process_id, 0)
    // A zombie that nobody waits for is gone all the same.
    return !readFileSync(`/proc/${process_id}/stat`, "utf8").includes(") Z ")
  } catch {
    return false
  }
}

const gone = (process_id: number): Promise<boolean> =>
  until(`process ${process_id} is gone`, () => !isAlive(process_id))

test("both outputs are told line by line, each under its name", async () => {
  const { outcome, lines } = await ran("echo one; echo two >&2")
  expect(outcome).toMatchObject({ ok: true, outputs: {} })
  expect(lines.toSorted()).toEqual([
    ["stderr", "two"],
    ["stdout", "one"],
  ])
})

test("what the task writes to $WF_OUTPUT are its outputs", async () => {
  const { outcome } = await ran('echo rows=3 >> "$WF_OUTPUT"; echo name=x >> "$WF_OUTPUT"')
  expect(outcome).toMatchObject({ ok: true, outputs: { rows: 3, name: "x" } })
})

test("an expression's value is data, never script", async () => {
  const { lines } = await ran("echo ${{ inputs.name }}")
  expect(lines).toEqual([["stdout", "Ada; rm -rf /"]])
})

test("the worker's own environment is not the task's", async () => {
  process.env.WF_TEST_SECRET = "hidden"
  const { lines } = await ran("env", { env: { REGION: "eu" } })
  const names = lines.map(([, text]) => text.split("=", 1)[0] ?? "")
  expect(names).toContain("REGION")
  expect(names).not.toContain("WF_TEST_SECRET")
  expect(names.filter((name) => name.startsWith("WF_")).toSorted()).toEqual([
    "WF_ATTEMPT",
    "WF_OUTPUT",
    "WF_RUN_ID",
    "WF_TASK",
  ])
})

test("the task begins in an empty folder of its own, and its input is empty", async () => {
  const { lines } = await ran("ls -A | wc -l; cat | wc -c")
  expect(lines.map(([, text]) => text.trim())).toEqual(["0", "0"])
})

describe("a task that fails", () => {
  test("tells its exit code and its last word", async () => {
    const { outcome } = await ran("echo all is lost >&2; exit 7")
    expect(outcome).toMatchObject({
      ok: false,
      error: { code: "task.exit", message: "exit code 7: all is lost" },
      usage: { exit_code: 7 },
    })
  })

  test("tells the signal that ended it", async () => {
    const { outcome } = await ran("kill -KILL $$")
    expect(outcome).toMatchObject({
      ok: false,
      error: { code: "task.signal", message: "ended by SIGKILL (9)" },
    })
  })

  test("by an expression is not tried again", async () => {
    const { outcome } = await ran("echo ${{ inputs.name + 1 }}")
    expect(outcome).toMatchObject({ ok: false, error: { code: "expression.failed" }, non_retryable: true })
  })
})

describe("$WF_OUTPUT", () => {
  test.each([
    ["can't be read", "echo no >> $WF_OUTPUT"],
    ["is endless", 'rm "$WF_OUTPUT"; ln -s /dev/zero "$WF_OUTPUT"'],
    ["is a pipe that nobody fills", 'rm "$WF_OUTPUT"; mkfifo "$WF_OUTPUT"'],
    ["is too large", 'head -c 300000 /dev/zero > "$WF_OUTPUT"'],
  ])("that %s fails the task for good", async (_, script) => {
    const { outcome } = await ran(script)
    expect(outcome).toMatchObject({ ok: false, error: { code: "outputs.invalid" }, non_retryable: true })
  })

  test("that was removed means no outputs", async () => {
    expect((await ran('rm "$WF_OUTPUT"')).outcome).toMatchObject({ ok: true, outputs: {} })
  })
})

describe("a task that is stopped", () => {
  const reason = { code: "task.timeout", message: "too long" }

  test("ends with all its children, and says why it was stopped", async () => {
    const stop = new AbortController()
    let child = 0
    const onLine = (text: string) => {
      child = Number(text)
      stop.abort(reason)
    }
    const { outcome } = await ran("sleep 60 & echo $!; wait", { stop, onLine })
    expect(outcome).toMatchObject({ ok: false, error: reason })
    await gone(child)
  })

  test("may end what it does, but a late success doesn't count", async () => {
    const stop = new AbortController()
    const { outcome, lines } = await ran(
      "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.01; done",
      {
        stop,
        onLine: (text) => text === "up" && stop.abort(reason),
      },
    )
    expect(lines.map(([, text]) => text)).toContain("bye")
    expect(outcome).toMatchObject({ ok: false, error: reason })
  })

  test("before it began ends too", async () => {
    const stop = new AbortController()
    stop.abort(reason)
    expect((await ran("sleep 60", { stop })).outcome).toMatchObject({ ok: false, error: reason })
  })

  test("after its process has ended has been done", async () => {
    const stop = new AbortController()
    const { outcome } = await ran(
      "(trap '' TERM; : > up; sleep 0.2; echo late) & until [ -e up ]; do :; done",
      {
        stop,
        onLine: (text) => text === "late" && stop.abort(reason),
      },
    )
    expect(outcome).toMatchObject({ ok: true })
  })
})

describe("children that are left behind", () => {
  test("are ended, and their hold on the output holds up nothing", async () => {
    const { outcome, lines } = await ran(
      "(trap '' TERM; : > up; sleep 60) & echo $!; until [ -e up ]; do :; done",
    )
    expect(outcome).toMatchObject({ ok: true })
    await gone(Number(lines[0]?.[1]))
  })

  test("in a group of their own hold up nothing either", async () => {
    const { outcome, lines } = await ran("setsid sh -c 'echo $$; exec sleep 60' & sleep 0.2")
    expect(outcome).toMatchObject({ ok: true })
    process.kill(Number(lines[0]?.[1]), "SIGKILL")
  })
})

describe("much output", () => {
  test("arrives whole and in order", async () => {
    const { outcome, lines } = await ran("seq 1 200000")
    expect(outcome.ok).toBe(true)
    expect(lines).toHaveLength(200_000)
    expect(lines.every(([, text], index) => text === String(index + 1))).toBe(true)
  })
})
