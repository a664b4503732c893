import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { envoy } from "#deploy/engines/envoy.ts"
import { kafka } from "#deploy/engines/kafka.ts"
import { mongo } from "#deploy/engines/mongo.ts"
import { isUsable, testCache } from "#deploy/engines/testing/usable.ts"
import { versitygw } from "#deploy/engines/versitygw.ts"
import { type Stack, startStack } from "#deploy/stack/stack.ts"
import { until } from "#kernel/testing/until.ts"
import { type Client, createClient, type LogLine } from "#sdk/index.ts"
import { bringWhileKilled, filesOf, runForFiles } from "./uploads.ts"

const folder = mkdtempSync(join(tmpdir(), "wf-kills-"))
chmodSync(folder, 0o711)

const usable = [kafka, mongo, versitygw, envoy].map(isUsable).every(Boolean)

let stack: Stack
let client: Client
beforeAll(async () => {
  if (!usable) return
  stack = await startStack({
    ...{ data: join(folder, "data"), cache: testCache, port: 0, say: () => undefined },
    doubles: ["notification"],
    environment: {
      ...{ PATH: process.env.PATH ?? "", HOME: folder, WF_NOTIFICATION_HTTP_ALLOW: "127.0.0.1" },
    },
  })
  client = createClient({ url: stack.url, token: stack.token })
}, 120_000)
afterAll(async () => {
  if (usable) await stack.stop()
  rmSync(folder, { recursive: true, force: true })
}, 60_000)

const partOf = (name: string) => {
  const part = stack.services.get(name)
  if (!part) throw new Error(`the stack has no ${name}`)
  return part
}

const killAndRestart = async (name: string): Promise<void> => {
  await partOf(name).kill("SIGKILL")
  await partOf(name).restart()
}

const tasks = ["one", "two", "three"]
const lines = 250

const print = `i=0; while [ $i -lt ${lines} ]; do echo "line $i"; i=$((i+1)); sleep 0.02; done`
const talkative = {
  name: "talkative",
  tasks: Object.fromEntries(tasks.map((task) => [task, { run: print }])),
}

const byTask = (found: readonly LogLine[]) =>
  Object.fromEntries(
    tasks.map((task) => [task, found.filter((line) => line.task === task).map(({ text }) => text)]),
  )

const names = Array.from({ length: 12 }, (_, index) => `fails-${index}`)

/** What an attempt may take at most, and the lease of one that was given up. */
const patience_ms = 120_000

/** Fails a run of each; answers their ids. */
const failAll = async (client: Client): Promise<readonly string[]> => {
  for (const name of names) await client.workflows.push(`name: ${name}\ntasks:\n  one:\n    run: exit 1\n`)
  const runs = await Promise.all(names.map((name) => client.runs.start({ workflow: name })))
  return runs.map(({ id }) => id)
}

/** Takes webhooks, slowly, so that some are under way whenever something is killed. */
const slowEndpoint = () => {
  const heard: { readonly id: string; readonly run_id: string }[] = []
  const server = Bun.serve({
    ...{ port: 0, hostname: "127.0.0.1" },
    async fetch(request) {
      const { data } = (await request.json()) as { data: { run_id: string } }
      heard.push({ id: request.headers.get("webhook-id") ?? "", run_id: data.run_id })
      return new Promise<Response>((resolve) => waiting.push(() => resolve(new Response())))
    },
  })
  const waiting: (() => void)[] = []
  const letGo = () => {
    for (const go of waiting.splice(0)) go()
  }
  return { heard, server, letGo }
}

describe.skipIf(!usable)(
  "on the stack, whoever is killed in mid-stream loses nothing and doubles nothing:",
  () => {
    test("of metadata whoever follows a run has every line once and in order", async () => {
      await client.workflows.pushDefinition(talkative)
      const { id } = await client.runs.start({ workflow: "talkative" })
      const followed: LogLine[] = []
      const following = (async () => {
        for await (const line of client.runs.logs(id, { follow: true })) followed.push(line)
      })()
      await until("lines come", () => followed.length > 50, patience_ms)
      expect((await client.runs.get(id)).status).toBe("running")
      await killAndRestart("metadata")
      await following
      const printed = Array.from({ length: lines }, (_, line) => `line ${line}`)
      const expected = Object.fromEntries(tasks.map((task) => [task, printed]))
      expect(byTask(followed)).toEqual(expected)
      expect(byTask(await Array.fromAsync(client.runs.logs(id)))).toEqual(expected)
      const executions = await Array.fromAsync(client.history.all({ run_id: id }))
      expect(executions.map(({ task, status }) => `${task} ${status}`).sort()).toEqual(
        tasks.map((task) => `${task} completed`).sort(),
      )
      const found = await client.history.list({ workflow: "talkative" })
      expect(found.items.map(({ task }) => task).sort()).toEqual(tasks.toSorted())
    }, 120_000)

    test("of artifact what was acked is there whole, and of what was not there is nothing", async () => {
      const run_id = await runForFiles(client)
      const part = partOf("artifact")
      const kill = () => part.kill("SIGKILL")
      const acked = await bringWhileKilled({ client, run_id, kills: 2, kill, restart: part.restart })
      const { files, damaged } = await filesOf(client, run_id)
      const names = files.map(({ name }) => name)
      expect(names).toEqual(expect.arrayContaining([...acked.keys()]))
      expect(damaged).toEqual([])
      expect(names.filter((name) => name.startsWith("lost"))).toEqual([])
    }, 120_000)

    test("of notification each failure is one delivery, one notification and at least one webhook", async () => {
      const endpoint = slowEndpoint()
      const leave = new AbortController()
      try {
        const to = [`http://127.0.0.1:${endpoint.server.port}/`]
        const hook = await client.subscriptions.create({ events: ["run.failed"], channel: "webhook", to })
        const own = await client.subscriptions.create({ events: ["run.failed"] })
        const followed: string[] = []
        const following = (async () => {
          for await (const { event, data } of client.notifications.follow({ signal: leave.signal }))
            if (event === "notification_received") followed.push(data.title)
        })().catch(() => undefined)
        const run_ids = await failAll(client)
        await until("some webhooks are under way", () => endpoint.heard.length > 0, patience_ms)
        for (const name of ["notification-2", "notification"]) await killAndRestart(name)
        const delivered = async () => {
          endpoint.letGo()
          const { items } = await client.deliveries.list({ subscription_id: hook.id, limit: 200 })
          return items.length === names.length && items.every(({ status }) => status === "delivered") && items
        }
        const webhooks = await until("all webhooks are delivered", delivered, patience_ms)
        expect(webhooks.map(({ run_id }) => run_id).sort()).toEqual([...run_ids].sort())
        const ids = (some: readonly { readonly id: string; readonly run_id: string | null }[]) =>
          [...new Set(some.map(({ id, run_id }) => `${id} ${run_id}`))].sort()
        expect(ids(endpoint.heard)).toEqual(ids(webhooks))
        const { items } = await client.deliveries.list({ subscription_id: own.id, limit: 200 })
        expect(items.map(({ run_id }) => run_id).sort()).toEqual([...run_ids].sort())
        const titles = names.map((name) => `${name} failed`).sort()
        const inbox = (await client.notifications.list({ limit: 200 })).items
        expect(inbox.map(({ title }) => title).sort()).toEqual(titles)
        expect(await client.notifications.unread()).toEqual({ count: names.length })
        await until("the stream has brought all", () => followed.length >= names.length, patience_ms)
        expect(followed.toSorted()).toEqual(titles)
        leave.abort()
        await following
      } finally {
        leave.abort()
        await endpoint.server.stop(true)
      }
    }, 400_000)
  },
)
