import type { Client } from "#sdk/client.ts"
import { isEnded } from "#sdk/runs.ts"
import type { Run } from "#sdk/shapes.ts"
import { asJson } from "../../clean.ts"
import { flag, type Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"
import { printTable } from "../../table.ts"
import { allTimed, criticalPath, type Needs, type Timed } from "../../timing.ts"

/** A sequence has no definition of its own: then times alone have to tell. */
const needsOf = async (client: Client, { workflow, version }: Run): Promise<Needs> => {
  const found = await client.workflows.version(workflow, version).catch(() => undefined)
  const tasks = (found?.definition as { tasks?: Record<string, { needs?: readonly string[] }> } | undefined)
    ?.tasks
  return tasks && new Map(Object.entries(tasks).map(([name, { needs = [] }]) => [name, needs]))
}

const seconds = (ms: number): string => (ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`)

const column = (title: string, of: (row: Timed) => number) => ({
  ...{ title, full: (row: Timed) => String(of(row)), short: (row: Timed) => seconds(of(row)) },
})

const columns = [
  { title: "task", full: (row: Timed) => row.task },
  { title: "status", full: (row: Timed) => row.status },
  column("waited", ({ waited_ms }) => waited_ms),
  column("queued", ({ queued_ms }) => queued_ms),
  column("took", ({ took_ms }) => took_ms),
]

const sum = (rows: readonly Timed[], of: (row: Timed) => number): number =>
  rows.reduce((total, row) => total + of(row), 0)

export const run = async ({ arguments: [run_id = ""], options }: Given, io: Io): Promise<number> => {
  const client = connect(options, io)
  const found = await client.runs.get(run_id)
  const began_at = found.started_at ?? found.created_at
  const facts = { began_at, tasks: found.tasks ?? [], needs: await needsOf(client, found) }
  const [path, all] = [criticalPath(facts), allTimed(facts)]
  const took_ms = Date.parse(found.finished_at ?? io.now().toISOString()) - Date.parse(began_at)
  const queued_ms = sum(all, (row) => row.queued_ms)
  if (flag(options, "json")) {
    io.out(asJson({ run_id: found.id, status: found.status, took_ms, queued_ms, path, tasks: all }))
    return exit_codes.done
  }
  printTable(io, columns, flag(options, "all") ? all : path)
  if (io.out_is_tty) {
    const shares = [
      `${seconds(sum(path, (row) => row.took_ms))} at work`,
      `${seconds(sum(path, (row) => row.queued_ms))} in queues`,
      `${seconds(sum(path, (row) => row.waited_ms))} waiting`,
    ]
    io.note(`The run ${isEnded(found) ? "took" : "has taken"} ${seconds(took_ms)}: ${shares.join(", ")}.`)
    io.note(`All of its tasks together were queued for ${seconds(queued_ms)}.`)
  }
  return exit_codes.done
}
