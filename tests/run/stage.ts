import type { Subprocess } from "bun"

export type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number }

export type Stage = {
  readonly name: string
  readonly words: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** The name of the stage that has to have ended well before this one begins. */
  readonly after?: string
  /** What the machine lacks for it, if anything. */
  readonly lacks?: string
  /** How many of the two places at work it takes. */
  readonly places: 1 | 2
  readonly max_ms: number
  /** Whether its output ends with the counts of `bun test`. */
  readonly tests: boolean
  /** How a failure is mended, where there is one way. */
  readonly mend?: string
}

export type Outcome = {
  readonly ok: boolean
  readonly counts: Counts
  readonly output: string
  readonly took_ms: number
}

const end_ms = 12_000
const look_ms = 50

/** Every child leads a process group of its own, so that whatever it started can be ended with it. */
const groups = new Set<number>()

const signalGroup = (pid: number, signal: NodeJS.Signals | 0): boolean => {
  try {
    process.kill(-pid, signal)
    return true
  } catch {
    return false
  }
}

const goneWithin = async (pid: number, max_ms: number): Promise<boolean> => {
  const deadline = performance.now() + max_ms
  while (signalGroup(pid, 0)) {
    if (performance.now() > deadline) return false
    await Bun.sleep(look_ms)
  }
  return true
}

const endGroup = async (pid: number): Promise<void> => {
  signalGroup(pid, "SIGTERM")
  if (!(await goneWithin(pid, end_ms))) signalGroup(pid, "SIGKILL")
}

const max_shown = 20

/** The processes of a group, as far as this machine can list them. */
const membersOf = (pid: number): readonly string[] => {
  if (Bun.which("ps") === null) return []
  const listed = Bun.spawnSync(["ps", "-axo", "pgid=,pid=,args="]).stdout.toString().split("\n")
  return listed.filter((line) => Number(line.trim().split(/ +/)[0]) === pid).slice(0, max_shown)
}

/** Ends every stage that is running. */
export const endStages = async (): Promise<void> => {
  await Promise.all([...groups].map(endGroup))
}

const countOf = (output: string, word: string): number =>
  Number(new RegExp(`^ *(\\d+) ${word}$`, "m").exec(output)?.[1] ?? 0)

/** The counts at the end of what `bun test` prints. */
const readCounts = (output: string, code: number): Counts => {
  const failed = countOf(output, "fail")
  return {
    passed: countOf(output, "pass"),
    // A file that can't be loaded, or a crash, is not among the failed tests.
    failed: code === 0 ? failed : Math.max(failed, 1),
    skipped: countOf(output, "skip") + countOf(output, "todo"),
  }
}

const spawn = ({ words, environment }: Stage): Subprocess<"ignore", "pipe", "pipe"> =>
  Bun.spawn([...words], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    detached: true,
    env: { ...process.env, ...environment },
  })

/** Gathers both streams as they come, so that their lines stay in order. */
const gather = async (child: Subprocess<"ignore", "pipe", "pipe">): Promise<string> => {
  const decoder = new TextDecoder()
  let output = ""
  const take = async (stream: ReadableStream<Uint8Array>) => {
    for await (const bytes of stream) output += decoder.decode(bytes)
  }
  await Promise.all([take(child.stdout), take(child.stderr)])
  return output
}

const settle = async (
  stage: Stage,
  child: Subprocess<"ignore", "pipe", "pipe">,
): Promise<readonly string[]> => {
  let late = false
  const bound = setTimeout(() => {
    late = true
    void endGroup(child.pid)
  }, stage.max_ms)
  await child.exited
  clearTimeout(bound)
  if (late) return [`It did not end within ${stage.max_ms / 60_000} minutes.`]
  if (await goneWithin(child.pid, end_ms)) return []
  const left = membersOf(child.pid)
  await endGroup(child.pid)
  return ["It left processes behind; they were ended:", ...left]
}

/** Runs a stage to its end, and whatever it started with it. */
export const runStage = async (stage: Stage): Promise<Outcome> => {
  const begun = performance.now()
  const child = spawn(stage)
  groups.add(child.pid)
  const gathered = gather(child)
  const complaints = await settle(stage, child)
  groups.delete(child.pid)
  const output = [await gathered, ...complaints].join("\n")
  const code = complaints.length === 0 ? await child.exited : 1
  const counts = stage.tests
    ? readCounts(output, code)
    : { passed: 0, failed: code === 0 ? 0 : 1, skipped: 0 }
  return { ok: code === 0, counts, output, took_ms: performance.now() - begun }
}
