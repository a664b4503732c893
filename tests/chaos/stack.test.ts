import { afterAll, expect, test } from "bun:test"
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { envoy } from "#deploy/engines/envoy.ts"
import { kafka } from "#deploy/engines/kafka.ts"
import { mongo } from "#deploy/engines/mongo.ts"
import { isUsable, testCache } from "#deploy/engines/testing/usable.ts"
import { versitygw } from "#deploy/engines/versitygw.ts"
import { type Stack, startStack } from "#deploy/stack/stack.ts"
import { until } from "#kernel/testing/until.ts"
import { type Client, createClient, isEnded } from "#sdk/index.ts"

const folder = mkdtempSync(join(tmpdir(), "wf-chaos-"))
const ledger = join(folder, "ledger")

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const usable = [kafka, mongo, versitygw, envoy].map(isUsable).every(Boolean)

const run_count = 12

/** Each task writes into a ledger outside of the platform: one line for each time that it really ran. */
const entry = (task: string): string =>
  `echo "$WF_RUN_ID ${task}" >> ${ledger}; sleep 0.2; echo ${task} is done`

const definition = `name: ledger
tasks:
  first: { run: '${entry("first")}' }
  left: { needs: [first], run: '${entry("left")}' }
  right: { needs: [first], run: '${entry("right")}' }
  third: { needs: [first], run: '${entry("third")}' }
  last: { needs: [left, right, third], run: '${entry("last")}' }
`

const tasks = ["first", "left", "right", "third", "last"]

const startMany = (client: Client): Promise<readonly string[]> =>
  Promise.all(
    Array.from({ length: run_count }, async () => (await client.runs.start({ workflow: "ledger" })).id),
  )

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
    90_000,
  )

const eventsOf = async (client: Client, run_id: string) => {
  const events = []
  for await (const event of client.runs.watch(run_id)) events.push(event)
  return events
}

test.skipIf(!usable)(
  "every run ends exactly once, whatever is killed meanwhile",
  async () => {
    appendFileSync(ledger, "")
    const data = join(folder, "data")
    const stack = await startStack({
      ...{ data, cache: testCache, port: 0, say: () => undefined },
      environment: { PATH: process.env.PATH ?? "", HOME: folder, WF_WORKER_SLOTS: "8" },
    })
    try {
      const client = createClient({ url: stack.url, token: stack.token })
      await client.workflows.push(definition)
      const run_ids = await startMany(client)
      await killAll(stack)
      for (const run_id of run_ids) expect((await endOf(client, run_id)).status).toBe("completed")
      const lines = readFileSync(ledger, "utf8").trim().split("\n")
      for (const run_id of run_ids) {
        for (const task of tasks) expect(lines).toContain(`${run_id} ${task}`)
        const events = await eventsOf(client, run_id)
        expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1))
        expect(events.filter((event) => event.type === "workflow.completed")).toHaveLength(1)
        expect(events.filter((event) => event.type === "task.completed")).toHaveLength(tasks.length)
      }
      // At most what the killed worker, and the one cut off from its database, were running.
      expect(lines.length).toBeLessThanOrEqual(run_count * tasks.length + 2 * 8)
    } finally {
      await stack.stop()
    }
  },
  240_000,
)
