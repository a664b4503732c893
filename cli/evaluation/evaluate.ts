import { spawn } from "node:child_process"
import { lstatSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Readable } from "node:stream"
import { setTimeout as wait } from "node:timers/promises"
import { clean } from "../clean.ts"
import { bunFor, evaluation_variable, isCompiled, ownFile } from "../installed.ts"
import type { Io } from "../io.ts"
import { endLeft, endProcess } from "./left.ts"
import { memoryOf } from "./memory.ts"
import { type Told, toldSchema } from "./told.ts"

const mib = 1024 * 1024

export type EvaluationLimits = { readonly max_ms: number; readonly max_memory_bytes: number }

const usual_limits: EvaluationLimits = { max_ms: 30_000, max_memory_bytes: 512 * mib }

const look_ms = 50
const linger_ms = 1_000
const max_shown_chars = 65_536
const max_told_bytes = 64 * mib

/** Nothing is installed or read that the file doesn't import. */
const flags = ["--no-install", "--no-env-file"]

/** What evaluates; one file that is the whole client is told so in its environment. */
const evaluator = (io: Pick<Io, "environment">): readonly [program: string, ...rest: string[]] => {
  const main = isCompiled ? undefined : ownFile("cli/evaluation/main")
  return main === undefined
    ? [process.execPath]
    : [bunFor("A workflow that is a program", io), ...flags, main]
}

/** What a program may know of who runs it: no tokens, and no folder in which there are some. */
const kept_variables = ["PATH", "LANG", "LC_ALL", "TZ", "TMPDIR"]

/**
 * Runs a program that makes workflows, in a process of its own without terminal. What it prints is noted, since
 * stdout is for data; whatever it has started ends with it.
 */
export const evaluateProgram = async (
  path: string,
  io: Pick<Io, "note" | "environment" | "signal">,
  limits: EvaluationLimits = usual_limits,
): Promise<Told> => {
  const [program, ...rest] = evaluator(io)
  const folder = mkdtempSync(join(tmpdir(), "wf-evaluation-"))
  const answer = join(folder, "answer.json")
  const environment = kept_variables.flatMap((name) => {
    const value = io.environment[name]
    return value === undefined ? [] : [[name, value]]
  })
  try {
    const child = spawn(program, [...rest, realpathSync(path), answer], {
      env: {
        ...Object.fromEntries(environment),
        HOME: folder,
        ...(isCompiled && { [evaluation_variable]: "1" }),
      },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    })
    const letGo = new AbortController()
    const shown = Promise.all([shownOf(child.stdout, letGo.signal), shownOf(child.stderr, letGo.signal)])
    const exited = new Promise((resolve, reject) => child.once("exit", resolve).once("error", reject))
    const refusal = await held({ pid: child.pid ?? 0, exited }, limits, io.signal)
    await endLeft(folder)
    // Who is found by nobody may hold on to the pipes, and would hold up the command with them.
    const timer = setTimeout(() => letGo.abort(), linger_ms)
    for (const text of await shown) if (text !== "") io.note(text)
    clearTimeout(timer)
    if (refusal !== undefined) return failed(refusal)
    return readTold(answer, child.exitCode)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const failed = (message: string): Told => ({ ok: false, errors: [{ message }] })

type Child = { readonly pid: number; readonly exited: Promise<unknown> }

/** Waits for its end, or makes it end: then with the reason why. */
const held = async (
  child: Child,
  limits: EvaluationLimits,
  signal: AbortSignal,
): Promise<string | undefined> => {
  const until_ms = performance.now() + limits.max_ms
  const isOver = () => child.exited.then(() => true)
  let refusal: string | undefined
  while (!(await Promise.race([isOver(), wait(look_ms, false)]))) {
    if (signal.aborted) refusal = "it was interrupted"
    else if (performance.now() > until_ms) {
      refusal = `it takes longer than ${limits.max_ms / 1000} s: a workflow's file only says what tasks do`
    } else if (memoryOf(child.pid) > limits.max_memory_bytes) {
      refusal = `it takes more than ${Math.round(limits.max_memory_bytes / mib)} MiB of memory`
    }
    if (refusal !== undefined) break
  }
  // It leads a group, in which all is that it has started.
  endProcess(-child.pid)
  await child.exited
  return refusal
}

/** The beginning of what it prints; all of it is read, so that it never waits for us. */
const shownOf = (stream: Readable, until: AbortSignal): Promise<string> =>
  new Promise((resolve) => {
    const decoder = new TextDecoder()
    let text = ""
    until.addEventListener("abort", () => stream.destroy())
    stream.on("data", (bytes: Buffer) => {
      if (text.length < max_shown_chars) text += decoder.decode(bytes, { stream: true })
    })
    stream.once("close", () => resolve(clean(text.slice(0, max_shown_chars).trimEnd())))
  })

/** The program may have written the answer itself, or put something else in its place that is never read to its end. */
const readTold = (answer: string, exit_code: number | null): Told => {
  const found = lstatSync(answer, { throwIfNoEntry: false })
  if (!found) return failed(`its process ended with exit code ${exit_code} before it was read`)
  if (!found.isFile()) return failed(unreadable)
  if (found.size > max_told_bytes) return failed("what it exports is too large")
  const told = toldSchema.safeParse(jsonOf(readFileSync(answer, "utf8")))
  return told.success ? told.data : failed(unreadable)
}

const unreadable = "what it exports can't be read: export what `workflow(…)` answers"

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
