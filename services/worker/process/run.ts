import { setTimeout as wait } from "node:timers/promises"
import type { Execution, TaskError, Usage } from "../executor/executor.ts"
import { copyOutput, type OutputCopy } from "./copy.ts"
import { environmentFault } from "./environment.ts"
import type { Families, Family } from "./family.ts"
import { signalGroup } from "./group.ts"
import { limitsOf, type ProcessLimits } from "./limits.ts"
import type { Reaper } from "./reaper.ts"
import { outOfMemory, type Watch, watch } from "./watch.ts"

/** What the executors that start processes stand on. */
export type Ground = {
  readonly reaper: Reaper
  readonly families: Families
  /** What this worker allows a task at most. */
  readonly limits: ProcessLimits
}

export type Command = {
  readonly words: readonly string[]
  /** Undefined for a tool of the worker's own, which gets what the worker has. */
  readonly env: Readonly<Record<string, string>> | undefined
  readonly work: string
  /** The file that $WF_OUTPUT names. */
  readonly output: string
  /** Instead of the task's own, for a tool that itself holds the task to those. */
  readonly limits?: ProcessLimits
}

export type Ended = {
  /** Why it was ended before its time, if it was. */
  readonly stopped: TaskError | undefined
  readonly usage: Usage
  /** The last that it said on stderr. */
  readonly last_error: string
}

/** Between the polite signal and the one that can't be ignored. */
const grace_ms = 5_000

/** How long output may still come after the process has ended, from children that hold the pipe. */
const drain_ms = 1_000
const look_ms = 50

/** A process that can't be ended, still holds the pipe and goes on printing is not listened to for longer. */
const max_finish_ms = 5_000

/** Waits for one line before it begins: by then the reaper knows of it and it is in its family. */
const gate =
  'IFS= read -r go && { [ -z "$2" ] || echo $$ > "$2"; } || exit 125; ulimit -c 0 2>/dev/null; ulimit -n "$1" 2>/dev/null; shift 2; exec "$@" </dev/null'

/** Runs a command in a process group of its own and ends, with it, everything that it has started. */
export const runProcess = async (
  ground: Ground,
  execution: Execution,
  command: Command,
): Promise<Ended | { readonly refused: TaskError }> => {
  const fault = environmentFault(command.env ?? {})
  if (fault) return { refused: fault }
  const limits = command.limits ?? limitsOf(execution.task.limits, ground.limits)
  const family = ground.families.open(execution.folder, limits)
  try {
    return await runWithin(ground, { execution, command, limits, family })
  } finally {
    await family.close()
  }
}

type Within = {
  readonly execution: Execution
  readonly command: Command
  readonly limits: ProcessLimits
  readonly family: Family
}

const runWithin = async (ground: Ground, within: Within): Promise<Ended> => {
  const { execution, command, limits, family } = within
  const child = start(command, limits, family)
  ground.reaper.watch(child.pid)
  const heeded = endOnAbort(execution.signal, child.pid, family)
  const watched = watch({ family, limits, output: command.output })
  let is_over = false
  try {
    family.adopt(child.pid)
    child.stdin.write("\n")
    await child.stdin.end()
    const { copies, lastError } = listen(child, execution, limits)
    await child.exited
    // What stops the work from here on comes too late: it has ended by itself.
    const aborted = execution.signal.aborted
    await endRest(child.pid, family, copies)
    is_over = true
    const usage = usageOf(child, family, watched)
    const stopped = aborted ? (execution.signal.reason as TaskError) : breachOf(within, watched)
    return { stopped, usage, last_error: lastError() }
  } finally {
    watched.stop()
    heeded()
    if (!is_over) await family.end()
    ground.reaper.forget(child.pid)
  }
}

const start = ({ words, env, work }: Command, { max_open_files }: ProcessLimits, { entry = "" }: Family) =>
  Bun.spawn(["/bin/sh", "-c", gate, "sh", String(max_open_files), entry, ...words], {
    cwd: work,
    ...(env && { env }),
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
    detached: true,
  })

type Child = ReturnType<typeof start>

type Heard = { readonly copies: readonly OutputCopy[]; lastError(): string }

/** Both outputs go to the log; what is too much for it is counted and dropped, so that the task can go on. */
const listen = (child: Child, execution: Execution, { max_output_bytes }: ProcessLimits): Heard => {
  let last_error = ""
  let left_bytes = max_output_bytes
  const write = async (stream: "stdout" | "stderr", line: string) => {
    if (left_bytes < 0) return
    left_bytes -= Buffer.byteLength(line) + 1
    if (left_bytes >= 0) return execution.write(stream, line)
    const message = `warning: the task has written more than ${max_output_bytes} bytes; the rest of its output is not kept.`
    return execution.write("system", message)
  }
  const copies = [
    copyOutput(child.stdout, (line) => write("stdout", line)),
    copyOutput(child.stderr, (line) => {
      if (line.trim() !== "") last_error = line
      return write("stderr", line)
    }),
  ]
  return { copies, lastError: () => last_error }
}

/** The children that are left get a moment to end in peace; then nobody is left. */
const endRest = async (group: number, family: Family, copies: readonly OutputCopy[]): Promise<void> => {
  signalGroup(group, "SIGTERM")
  await Promise.race([Promise.all(copies.map((one) => one.ended)), wait(drain_ms, undefined, { ref: false })])
  signalGroup(group, "SIGKILL")
  await family.end()
  await finish(copies)
  await Promise.all(copies.map((one) => one.cut()))
}

/** What was printed before the end is brought in, however slow its log is; what others print after it is not. */
const finish = async (copies: readonly OutputCopy[]): Promise<void> => {
  let ended = false
  const all = Promise.all(copies.map((one) => one.ended)).then(() => {
    ended = true
  })
  const listeners = copies.map(quietLooks)
  let left_ms = max_finish_ms
  let quiet_ms = 0
  while (!ended && left_ms > 0 && quiet_ms < drain_ms) {
    await Promise.race([all, wait(look_ms)])
    quiet_ms = Math.min(...listeners.map((looks) => looks())) * look_ms
    if (!copies.some((one) => one.isWriting())) left_ms -= look_ms
  }
}

/**
 * How many looks in a row nothing has come of it. It is looks that count, not the clock: a worker that stood still for a
 * second has had no chance to read what is there.
 */
const quietLooks = (copy: OutputCopy): (() => number) => {
  let seen = copy.pieces()
  let looks = 0
  return () => {
    const pieces = copy.pieces()
    looks = copy.isWriting() || pieces !== seen ? 0 : looks + 1
    seen = pieces
    return looks
  }
}

/** Asks the group to end when the work is to stop, and makes all of them end when they don't. */
const endOnAbort = (signal: AbortSignal, group: number, family: Family): (() => void) => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const end = () => {
    signalGroup(group, "SIGTERM")
    timer = setTimeout(() => {
      signalGroup(group, "SIGKILL")
      void family.end()
    }, grace_ms)
  }
  if (signal.aborted) end()
  else signal.addEventListener("abort", end)
  return () => {
    clearTimeout(timer)
    signal.removeEventListener("abort", end)
  }
}

const breachOf = ({ family, limits }: Within, watched: Watch): TaskError | undefined =>
  watched.breach() ?? (family.counted().out_of_memory === true ? outOfMemory(limits) : undefined)

const usageOf = (child: Child, family: Family, watched: Watch): Usage => {
  const used = child.resourceUsage()
  const counted = family.counted()
  const seen_bytes = Math.max(used?.maxRSS ?? 0, watched.maxMemoryBytes())
  return {
    exit_code: child.exitCode,
    signal: child.signalCode === null ? null : String(child.signalCode),
    cpu_ms: counted.cpu_ms ?? Math.round(Number(used?.cpuTime.total ?? 0) / 1_000),
    max_memory_bytes: counted.max_memory_bytes ?? seen_bytes,
  }
}
