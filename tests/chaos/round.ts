import { expect } from "bun:test"
import { appendFileSync, readFileSync } from "node:fs"
import type { Stack } from "#deploy/stack/stack.ts"
import { until } from "#kernel/testing/until.ts"
import { type Client, createClient, isEnded, type RunEvent } from "#sdk/index.ts"

export const worker_slots = 8

const run_count = 12
const end_ms = 90_000

const tasks = ["first", "left", "right", "third", "last"]

/** Each task writes into a ledger outside of the platform: one line for each time that it really ran. */
const definitionOf = (ledger: string): string => {
  const entry = (task: string) => `echo "$WF_RUN_ID ${task}" >> ${ledger}; sleep 0.2; echo ${task} is done`
  return `name: ledger
tasks:
  first: { run: '${entry("first")}' }
  left: { needs: [first], run: '${entry("left")}' }
  right: { needs: [first], run: '${entry("right")}' }
  third: { needs: [first], run: '${entry("third")}' }
  last: { needs: [left, right, third], run: '${entry("last")}' }
`
}

/** One after the other, each in the middle of what the others do. */
const killAll = async ({ services, engines }: Stack): Promise<void> => {
  const parts = ["scheduler", "metadata", "worker", "workflow", "iam"].map((name) => services.get(name))
  for (const part of [...parts, engines.kafka, engines.postgres]) {
    await part?.kill("SIGKILL")
    await part?.restart()
  }
}

const endOf = (client: Client, run_id: string) =>
  until(
    `run ${run_id} ends`,
    async () => {
      const run = await client.runs.get(run_id).catch(() => undefined)
      return run && isEnded(run) ? run : undefined
    },
    end_ms,
  )

const eventsOf = async (client: Client, run_id: string): Promise<readonly RunEvent[]> => {
  const events: RunEvent[] = []
  for await (const event of client.runs.watch(run_id)) events.push(event)
  return events
}

const startMany = (client: Client): Promise<readonly string[]> =>
  Promise.all(
    Array.from({ length: run_count }, async () => (await client.runs.start({ workflow: "ledger" })).id),
  )

const expectWhole = async (client: Client, run_id: string, lines: readonly string[]): Promise<void> => {
  for (const task of tasks) expect(lines).toContain(`${run_id} ${task}`)
  const events = await eventsOf(client, run_id)
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1))
  expect(events.filter((event) => event.type === "workflow.completed")).toHaveLength(1)
  expect(events.filter((event) => event.type === "task.completed")).toHaveLength(tasks.length)
}

/** Runs go on while every part is killed once; then nothing is lost, stuck or told twice. */
export const chaosRound = async (stack: Stack, ledger: string): Promise<void> => {
  appendFileSync(ledger, "")
  const client = createClient({ url: stack.url, token: stack.token })
  await client.workflows.push(definitionOf(ledger))
  const run_ids = await startMany(client)
  await killAll(stack)
  for (const run_id of run_ids) expect((await endOf(client, run_id)).status).toBe("completed")
  const lines = readFileSync(ledger, "utf8").trim().split("\n")
  for (const run_id of run_ids) await expectWhole(client, run_id, lines)
  // At most what the killed worker, and the one that was cut off from its database, were running.
  expect(lines.length).toBeLessThanOrEqual(run_count * tasks.length + 2 * worker_slots)
}
