import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"

export type Launch = {
  readonly checkout: string
  readonly home: string
  readonly words?: readonly string[]
  readonly cwd?: string
  readonly path?: string
  /** Started by that name instead of the checkout's own `wf`. */
  readonly wf?: string
  readonly uid?: number
  readonly env?: Readonly<Record<string, string>>
}

export type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** What a newcomer's shell has set, and nothing of whoever runs the tests. */
const environmentOf = ({ home, path, env }: Launch): Record<string, string> => ({
  PATH: path ?? "/usr/local/bin:/usr/bin:/bin",
  HOME: home,
  LANG: "C.UTF-8",
  ...env,
})

const spawn = (launch: Launch) => {
  const { checkout, uid, wf = join(checkout, "wf"), words = [] } = launch
  return Bun.spawn(["/bin/sh", wf, ...words], {
    cwd: launch.cwd ?? checkout,
    env: environmentOf(launch),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    ...(uid !== undefined && { uid, gid: uid }),
  })
}

/** Runs `wf` to its end. */
export const wf = async (launch: Launch): Promise<Ended> => {
  const child = spawn(launch)
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { code, stdout, stderr }
}

const gather = (stream: ReadableStream<Uint8Array>) => {
  const gathered = { text: "" }
  const decoder = new TextDecoder()
  void (async () => {
    for await (const chunk of stream) gathered.text += decoder.decode(chunk, { stream: true })
  })()
  return gathered
}

export type Up = {
  readonly url: string
  readonly pid: number
  readonly stderr: () => string
  /** Ends it, and answers its exit code once no process of it is left. */
  stop(signal: NodeJS.Signals): Promise<number>
}

const running = new Set<Bun.Subprocess>()

/** Starts `wf up` and waits for its URL. */
export const up = async (launch: Launch, max_ms = 60_000): Promise<Up> => {
  const child = spawn({ ...launch, words: ["up", "--port", "0", ...(launch.words ?? [])] })
  running.add(child)
  const [out, err] = [gather(child.stdout), gather(child.stderr)]
  const url = await until(
    "the platform's URL",
    () => {
      if (child.exitCode !== null) throw new Error(`wf up ended with ${child.exitCode}: ${err.text}`)
      return out.text.endsWith("\n") && out.text.trim()
    },
    max_ms,
  )
  await until("the welcome", () => err.text.includes("stops it."))
  return {
    url,
    pid: child.pid,
    stderr: () => err.text,
    async stop(signal) {
      const all = family(child.pid)
      child.kill(signal)
      const code = await child.exited
      running.delete(child)
      await areGone(all)
      return code
    },
  }
}

/** For the end of a file: whatever a failed test has left running. */
export const endAll = async (): Promise<void> => {
  for (const child of running) child.kill("SIGTERM")
  await Promise.all([...running].map((child) => child.exited))
  running.clear()
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return !isZombie(pid)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}

/** Where nobody collects orphans, as in a container, their entries stay. */
const isZombie = (pid: number): boolean =>
  processes().some((one) => one.pid === pid && one.state.startsWith("Z"))

const processes = () =>
  Bun.spawnSync(["ps", "-axo", "pid=,ppid=,state="])
    .stdout.toString()
    .trim()
    .split("\n")
    .map((line) => {
      const [pid, parent, state = ""] = line.trim().split(/\s+/)
      return { pid: Number(pid), parent: Number(parent), state }
    })

/** A process and everything below it. */
export const family = (pid: number): readonly number[] => {
  const all = processes()
  const found = [pid]
  for (const one of found) found.push(...all.filter(({ parent }) => parent === one).map((child) => child.pid))
  return found
}

/** PostgreSQL has four seconds for its last checkpoint, and five more before it is killed. */
export const areGone = (pids: readonly number[]): Promise<true> =>
  until(`the end of ${pids.join(", ")}`, () => pids.every((pid) => !isAlive(pid)), 30_000).then(() => true)

/** The lines of files in a folder, by file. */
export const filesOf = (folder: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8").trim()]),
  )
