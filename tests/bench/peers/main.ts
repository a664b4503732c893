import { measureFlows, measureIdle, measureJobs } from "./measure.ts"
import type { Ground, Peer } from "./peer.ts"

/** A peer's process: what it is to measure comes as one argument, each result goes as a line of JSON. */
const given = JSON.parse(process.argv[2] ?? "") as { name: string; seconds: number; ground: Ground }

const peers: Readonly<Record<string, () => Promise<{ readonly peer: Peer }>>> = {
  "pg-boss": () => import("./pg-boss.ts"),
  "graphile-worker": () => import("./graphile-worker.ts"),
  bullmq: () => import("./bullmq.ts"),
  dbos: () => import("./dbos.ts"),
  restate: () => import("./restate.ts"),
}

const done = (workload: string, found: object) =>
  process.stdout.write(`${JSON.stringify({ workload, ...found })}\n`)

const measure = async (): Promise<void> => {
  const { name, seconds, ground } = given
  const load = peers[name]
  if (load === undefined) throw new Error(`there is no peer ${name}`)
  const { jobs, idle = jobs, flows, close } = await (await load()).peer.open(ground)
  process.once("SIGTERM", () => void close().finally(() => process.exit(143)))
  try {
    if (idle) await measureIdle(idle, seconds, done)
    if (jobs) await measureJobs(jobs, seconds, done)
    if (flows) await measureFlows(flows, seconds, done)
  } finally {
    await close()
  }
}

measure().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
    process.exit(1)
  },
)
