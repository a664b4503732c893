import { percentiles } from "../measurement.ts"
import { type Connection, openConnection } from "./connection.ts"

/** What clients do: the same again and again, each as soon as its last one is answered. */
export type Load = {
  readonly url: string
  readonly token: string
  readonly path: string
  readonly body: string
  readonly concurrency: number
  readonly seconds: number
  /** Also follows the run that was started to its end, by its events. */
  readonly follow?: boolean
}

export type Driven = {
  readonly n: number
  readonly elapsed_ms: number
  readonly p50_ms: number
  readonly p99_ms: number
  readonly failed: number
}

const id = /"id":"([^"]+)"/

const followed = async (connection: Connection, started: string): Promise<boolean> => {
  const run_id = id.exec(started)?.[1]
  const { status, body } = await connection.ask({ method: "GET", path: `/api/v1/runs/${run_id}/events` })
  return status === 200 && /"type":"workflow\.completed".*"status":"completed"/.test(body)
}

/** Whether it was done as asked. */
const once = async (connection: Connection, { path, body, follow }: Load): Promise<boolean> => {
  const answer = await connection.ask({ method: "POST", path, body })
  if (answer.status >= 300) return false
  return follow === true ? followed(connection, answer.body) : true
}

export const drive = async (load: Load): Promise<Driven> => {
  const { url, token, concurrency, seconds } = load
  const opened = Array.from({ length: concurrency }, () => openConnection(url, token))
  const connections = await Promise.all(opened)
  const times_ms: number[] = []
  let failed = 0
  const from_ms = performance.now()
  const until_ms = from_ms + seconds * 1_000
  const client = async (connection: Connection) => {
    while (performance.now() < until_ms) {
      const asked_ms = performance.now()
      if (!(await once(connection, load))) failed += 1
      times_ms.push(performance.now() - asked_ms)
    }
  }
  await Promise.all(connections.map(client))
  const elapsed_ms = performance.now() - from_ms
  for (const connection of connections) connection.close()
  return { n: times_ms.length, elapsed_ms, ...percentiles(times_ms), failed }
}
