import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { engineCache } from "#deploy/engines/install.ts"
import { createApi } from "./api.ts"
import { type Conditions, readConditions } from "./conditions.ts"
import { allWritten } from "./history/written.ts"
import { measurePeers, peers } from "./peers/beside.ts"
import { startPlatform } from "./platform.ts"
import { type Line, tableOf } from "./table.ts"
import type { Workload } from "./workload.ts"
import { workloads } from "./workloads.ts"

const usage = `usage: bun run bench [workload…] [--peers] [--peer NAME]… [--seconds 5] [--all] [--distributed] [--port N]
                 [--profile DIR] [--json]

Starts a fresh platform, measures each workload on it, and prints a line of JSON for each, then a table.
--peers measures the other systems beside it (${peers.map(({ name }) => name).join(", ")}),
--peer only the named ones; --without-platform leaves wf itself out, --all includes what takes minutes,
--profile puts a CPU profile of the platform there, --json leaves out the table.

${workloads.map(({ name, about, long }) => `  ${name.padEnd(24)}${about}${long ? " (takes minutes)" : ""}`).join("\n")}
`

const say = (text: string) => process.stderr.write(`${text}\n`)

const refuse = (why: string): never => {
  say(`${why}\n\n${usage}`)
  process.exit(2)
}

const chosen = (names: readonly string[], all: boolean): readonly Workload[] => {
  const unknown = names.filter((name) => !workloads.some((workload) => workload.name === name))
  if (unknown.length > 0) refuse(`There is no workload ${unknown.join(", ")}.`)
  if (names.length > 0) return workloads.filter(({ name }) => names.includes(name))
  return workloads.filter(({ long }) => all || long !== true)
}

const readOptions = () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      peers: { type: "boolean", default: false },
      peer: { type: "string", multiple: true, default: [] },
      "without-platform": { type: "boolean", default: false },
      seconds: { type: "string", default: "5" },
      all: { type: "boolean", default: false },
      distributed: { type: "boolean", default: false },
      port: { type: "string", default: "0" },
      profile: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  })
  if (values.help) {
    process.stdout.write(usage)
    process.exit(0)
  }
  if (!/^[1-9]\d{0,2}$/.test(values.seconds)) refuse("--seconds takes a whole number from 1 to 999.")
  if (!/^\d{1,5}$/.test(values.port)) refuse("--port takes a number.")
  const strange = values.peer.filter((name) => !peers.some((known) => known.name === name))
  if (strange.length > 0) refuse(`There is no peer ${strange.join(", ")}.`)
  return {
    ...values,
    peers: values.peers ? peers.map(({ name }) => name) : values.peer,
    seconds: Number(values.seconds),
    port: Number(values.port),
    chosen: chosen(positionals, values.all),
  }
}

const options = readOptions()
const lines: Line[] = []

const report = (line: Line, conditions: Conditions): void => {
  lines.push(line)
  process.stdout.write(`${JSON.stringify({ ...line, conditions })}\n`)
}

const scratch = mkdtempSync(join(tmpdir(), "wf-bench-"))
// PostgreSQL, which root runs as somebody else, has to get through.
chmodSync(scratch, 0o711)

const measurePlatform = async (conditions: Conditions): Promise<void> => {
  const system = options.distributed ? "wf, distributed" : "wf"
  const environment = {
    ...process.env,
    WF_GATEWAY_RATE: "1000000",
    // A double of MongoDB says nothing of how fast it is.
    WF_DOCUMENTS: process.env.WF_DOCUMENTS ?? "postgres",
    WF_ENGINES_CACHE: engineCache(process.env.WF_ENGINES_CACHE),
  }
  const { port, distributed, profile, seconds } = options
  const target = await startPlatform({ folder: scratch, port, distributed, profile, environment })
  stopping.push(target.stop)
  const bench = { target, api: createApi(target), seconds }
  for (const workload of options.chosen) {
    say(`${system}: ${workload.about} …`)
    try {
      await allWritten(bench)
      report({ workload: workload.name, system, ...(await workload.run(bench)) }, conditions)
    } catch (error) {
      if (ending) return
      const not_measured = target.lastWords() ?? (error instanceof Error ? error.message : String(error))
      report({ workload: workload.name, system, not_measured }, conditions)
    }
  }
  await target.stop()
}

const stopping: (() => Promise<void>)[] = []

let ending = false

const end = async (code: number): Promise<never> => {
  ending = true
  await Promise.all(stopping.map((stop) => stop()))
  rmSync(scratch, { recursive: true, force: true })
  process.exit(code)
}
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void end(130))

const conditions = readConditions(scratch)
if (!options["without-platform"]) await measurePlatform(conditions)
await measurePeers(options.peers, {
  cache: engineCache(process.env.WF_ENGINES_CACHE),
  folder: scratch,
  seconds: options.seconds,
  report: (line) => {
    if (!ending) report(line, conditions)
  },
  started: (stop) => stopping.push(stop),
})
if (!options.json) process.stdout.write(`\n${tableOf(options.chosen, lines).join("\n")}\n`)
await end(lines.some((line) => "not_measured" in line) ? 1 : 0)
