import { createClient } from "#sdk/index.ts"
import { percentiles } from "../measurement.ts"
import type { Workload } from "../workload.ts"

const lines_per_second = 4
const max_follow_ms = 600_000

/** Prints the time, now and then: from a silence, and soon after another line. */
const printing = (lines: number): string =>
  `i=0; while [ $i -lt ${lines} ]; do date +%s%3N; date +%s%3N; sleep 0.$((i % 7 + 1)); i=$((i+1)); done`

const definition = (lines: number) => ({
  name: "bench-log-latency",
  tasks: { print: { run: printing(lines) } },
})

/** From the moment that a task prints the time until a follower has the line; one machine, one clock. */
export const logLatency: Workload = {
  name: "log-latency",
  about: "a printed line → a follower has it",
  must: "p99 150 ms",
  reach: "–",
  async run({ target, seconds }) {
    const client = createClient(target)
    await client.workflows.pushDefinition(definition(seconds * lines_per_second))
    const { id } = await client.runs.start({ workflow: "bench-log-latency" })
    const times: number[] = []
    const signal = AbortSignal.timeout(max_follow_ms)
    for await (const { text } of client.runs.logs(id, { follow: true, signal })) {
      times.push(Date.now() - Number(text))
    }
    return { ...percentiles(times), n: times.length }
  },
}
