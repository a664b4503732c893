import { lstat } from "node:fs/promises"
import { constants } from "node:os"
import { join } from "node:path"
import { z } from "zod"
import { itemName } from "#language/each.ts"
import { asText, ExpressionError, interpolate } from "#language/expressions.ts"
import { limits } from "#language/limits.ts"
import { parseOutputs } from "#language/outputs.ts"
import { shellScript } from "#language/shell.ts"
import type { Execution, Executor, Outcome, TaskError, Usage } from "./executor.ts"
import { copyOutput, type OutputCopy } from "./output.ts"
import { payloadOf } from "./payload.ts"
import type { Reaper } from "./reaper.ts"

/** Between the polite signal and the one that can't be ignored. */
const grace_ms = 5_000

/** How long output may still come after the process has ended, from children that hold the pipe. */
const drain_ms = 1_000
const look_ms = 50

/** A process that left the group, still holds the pipe and goes on printing is not listened to for longer. */
const max_finish_ms = 5_000

/** Waits for one line before it begins: by then the reaper knows of it. */
const gate = 'IFS= read -r go || exit 125; exec sh "$1" </dev/null'

/** Runs a script with `sh`, in a process group and folder of its own, with a clean environment. */
export const shell =
  (reaper: Reaper): Executor =>
  async (execution) => {
    const prepared = await prepare(execution)
    if ("ok" in prepared) return prepared
    const child = Bun.spawn(["sh", "-c", gate, "sh", prepared.script], {
      cwd: prepared.work,
      env: prepared.env,
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
      detached: true,
    })
    reaper.watch(child.pid)
    const ended = endOnAbort(execution.signal, child.pid)
    try {
      child.stdin.write("\n")
      await child.stdin.end()
      let last_error = ""
      const remember = (line: string) => {
        if (line.trim() !== "") last_error = line
      }
      const copies = [
        copyOutput(child.stdout, (line) => execution.write("stdout", line)),
        copyOutput(child.stderr, (line) => {
          remember(line)
          return execution.write("stderr", line)
        }),
      ]
      await child.exited
      // What stops the work from here on comes too late: it has ended by itself.
      const stopped = execution.signal.aborted
      signalGroup(child.pid, "SIGTERM")
      await Promise.race([Promise.all(copies.map((one) => one.ended)), Bun.sleep(drain_ms)])
      signalGroup(child.pid, "SIGKILL")
      await finish(copies)
      await Promise.all(copies.map((one) => one.cut()))
      return await outcomeOf({ execution, stopped, usage: usageOf(child), last_error, ...prepared })
    } finally {
      ended()
      reaper.forget(child.pid)
    }
  }

type Prepared = {
  readonly script: string
  readonly output: string
  readonly work: string
  readonly env: Readonly<Record<string, string>>
}

const prepare = async (execution: Execution): Promise<Prepared | Extract<Outcome, { ok: false }>> => {
  const given = payloadOf(z.looseObject({ run: z.unknown() }), execution)
  if (!given.ok) return given
  try {
    const { task, context, folder } = execution
    const shared = texts(interpolate(context.env ?? {}, { ...context, env: {} }))
    const declared = { ...shared, ...texts(interpolate(task.env, { ...context, env: shared })) }
    const { script, env } = shellScript(String(given.payload.run ?? ""), { ...context, env: declared })
    const paths = {
      script: join(folder, "script"),
      output: join(folder, "output"),
      work: join(folder, "work"),
    }
    await Bun.write(paths.script, script)
    await Bun.write(paths.output, "")
    await Bun.write(join(paths.work, ".keep"), "")
    await Bun.file(join(paths.work, ".keep")).delete()
    return {
      ...paths,
      env: { ...baseEnvironment(execution, paths.work, paths.output), ...declared, ...env },
    }
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    const message = `An expression of this task failed: ${error.message}`
    return { ok: false, error: { code: "expression.failed", message }, non_retryable: true }
  }
}

const texts = (values: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values as Record<string, unknown>).map(([name, value]) => [name, asText(value)]),
  )

const baseEnvironment = (execution: Execution, home: string, output: string): Record<string, string> => ({
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: home,
  LANG: "C.UTF-8",
  WF_RUN_ID: execution.run_id,
  WF_TASK: nameOf(execution),
  WF_ATTEMPT: String(execution.attempt),
  WF_OUTPUT: output,
})

const nameOf = ({ task, context: { index } }: Execution): string =>
  index === undefined ? task.name : itemName(task.name, index)

/** What was printed before the end is brought in, however slow its log is; what others print after it is not. */
const finish = async (copies: readonly OutputCopy[]): Promise<void> => {
  let ended = false
  const all = Promise.all(copies.map((one) => one.ended)).then(() => {
    ended = true
  })
  let left_ms = max_finish_ms
  while (!ended && left_ms > 0 && copies.some((one) => one.waitingMs() < drain_ms)) {
    await Promise.race([all, Bun.sleep(look_ms)])
    if (copies.every((one) => one.waitingMs() > 0)) left_ms -= look_ms
  }
}

const signalGroup = (group: number, signal: "SIGTERM" | "SIGKILL"): void => {
  try {
    process.kill(-group, signal)
  } catch (error) {
    // Nobody of the group is left, which is what was wanted; or only those that this user may not end.
    const { code } = error as NodeJS.ErrnoException
    if (code !== "ESRCH" && code !== "EPERM") throw error
  }
}

/** Asks the group to end when the work is to stop, and makes it end when it doesn't. */
const endOnAbort = (signal: AbortSignal, group: number): (() => void) => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const end = () => {
    signalGroup(group, "SIGTERM")
    timer = setTimeout(() => signalGroup(group, "SIGKILL"), grace_ms)
  }
  if (signal.aborted) end()
  else signal.addEventListener("abort", end)
  return () => {
    clearTimeout(timer)
    signal.removeEventListener("abort", end)
  }
}

type Child = ReturnType<typeof Bun.spawn>

const usageOf = (child: Child): Usage => {
  const used = child.resourceUsage()
  return {
    exit_code: child.exitCode,
    signal: child.signalCode === null ? null : String(child.signalCode),
    cpu_ms: Math.round(Number(used?.cpuTime.total ?? 0) / 1000),
    max_memory_bytes: used?.maxRSS ?? 0,
  }
}

type Finished = {
  readonly execution: Execution
  readonly stopped: boolean
  readonly usage: Usage
  readonly last_error: string
  readonly output: string
}

const outcomeOf = async ({ execution, stopped, usage, last_error, output }: Finished): Promise<Outcome> => {
  if (stopped) return { ok: false, error: execution.signal.reason as TaskError, usage }
  if (usage.exit_code !== 0) return { ok: false, error: failureOf(usage, last_error), usage }
  const parsed = await readOutputs(output)
  if (parsed.ok) return { ok: true, outputs: parsed.values, usage }
  const message = `What the task wrote to $WF_OUTPUT can't be read: ${parsed.error}`
  return { ok: false, error: { code: "outputs.invalid", message }, non_retryable: true, usage }
}

/** The task may have put anything in its place: a pipe or a device would never end. */
const readOutputs = async (path: string): Promise<ReturnType<typeof parseOutputs>> => {
  const found = await lstat(path).catch(() => undefined)
  if (!found) return { ok: true, values: {} }
  if (!found.isFile()) return { ok: false, error: "it is not a file any more" }
  if (found.size > limits.max_outputs_bytes) {
    return { ok: false, error: `it has more than ${limits.max_outputs_bytes} bytes` }
  }
  return parseOutputs(await Bun.file(path).text())
}

const failureOf = (usage: Usage, last_error: string): TaskError => {
  const hint = last_error === "" ? "" : `: ${last_error.slice(0, 500)}`
  if (usage.signal === null) return { code: "task.exit", message: `exit code ${usage.exit_code}${hint}` }
  const number = constants.signals[usage.signal as keyof typeof constants.signals]
  return { code: "task.signal", message: `ended by ${usage.signal} (${number})${hint}` }
}
