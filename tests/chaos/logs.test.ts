import { afterAll, expect, test } from "bun:test"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { envoy } from "#deploy/engines/envoy.ts"
import { kafka } from "#deploy/engines/kafka.ts"
import { mongo } from "#deploy/engines/mongo.ts"
import { isUsable, testCache } from "#deploy/engines/testing/usable.ts"
import { versitygw } from "#deploy/engines/versitygw.ts"
import { startStack } from "#deploy/stack/stack.ts"
import { until } from "#kernel/testing/until.ts"
import { createClient, type LogLine } from "#sdk/index.ts"
import { extent } from "./extent.ts"

const folder = mkdtempSync(join(tmpdir(), "wf-chaos-logs-"))
chmodSync(folder, 0o711)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const usable = [kafka, mongo, versitygw, envoy].map(isUsable).every(Boolean)

const tasks = ["one", "two", "three"]
const lines = 400
const kills = 3

const print = `i=0; while [ $i -lt ${lines} ]; do echo "line $i"; i=$((i+1)); sleep 0.02; done`
const definition = {
  name: "talkative",
  tasks: Object.fromEntries(tasks.map((task) => [task, { run: print }])),
}

const expected = Object.fromEntries(
  tasks.map((task) => [task, Array.from({ length: lines }, (_, line) => `line ${line}`)]),
)

const byTask = (found: readonly LogLine[]) =>
  Object.fromEntries(
    tasks.map((task) => [task, found.filter((line) => line.task === task).map(({ text }) => text)]),
  )

test.skipIf(!usable)(
  "the stack: whoever follows a run has every line once and in order, however often metadata is killed meanwhile",
  async () => {
    const stack = await startStack({
      ...{ data: join(folder, "data"), cache: testCache, port: 0, say: () => undefined, doubles: [] },
      environment: { PATH: process.env.PATH ?? "", HOME: folder },
    })
    try {
      const client = createClient({ url: stack.url, token: stack.token })
      await client.workflows.pushDefinition(definition)
      const { id } = await client.runs.start({ workflow: "talkative" })
      const followed: LogLine[] = []
      const following = (async () => {
        for await (const line of client.runs.logs(id, { follow: true })) followed.push(line)
      })()
      const metadata = stack.services.get("metadata")
      if (!metadata) throw new Error("the stack has no metadata")
      for (let kill = 0; kill < kills; kill += 1) {
        const before = followed.length
        await until("lines come", () => followed.length > before + 50)
        expect((await client.runs.get(id)).status).toBe("running")
        await metadata.kill("SIGKILL")
        await metadata.restart()
      }
      await following
      expect(byTask(followed)).toEqual(expected)
      expect(byTask(await Array.fromAsync(client.runs.logs(id)))).toEqual(expected)
      const executions = await Array.fromAsync(client.history.all({ run_id: id }))
      expect(executions.map(({ task, status }) => `${task} ${status}`).sort()).toEqual(
        tasks.map((task) => `${task} completed`).sort(),
      )
      const found = await client.history.list({ workflow: "talkative" })
      expect(found.items.map(({ task }) => task).sort()).toEqual(tasks.toSorted())
    } finally {
      await stack.stop()
    }
  },
  extent.max_ms,
)
