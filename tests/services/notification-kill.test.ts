import { afterAll, expect, test } from "bun:test"
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
import { type Client, createClient } from "#sdk/index.ts"

const folder = mkdtempSync(join(tmpdir(), "wf-notification-"))
chmodSync(folder, 0o711)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const usable = [kafka, mongo, versitygw, envoy].map(isUsable).every(Boolean)

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

const killAndRestart = async (stack: Stack, name: string): Promise<void> => {
  const part = stack.services.get(name)
  await part?.kill("SIGKILL")
  await part?.restart()
}

test.skipIf(!usable)(
  "notification is killed in the middle of it all: each failure is one delivery, one notification and at least one webhook",
  async () => {
    const endpoint = slowEndpoint()
    const stack = await startStack({
      ...{
        data: join(folder, "data"),
        cache: testCache,
        port: 0,
        say: () => undefined,
        doubles: ["notification"],
      },
      environment: {
        ...{ PATH: process.env.PATH ?? "", HOME: folder, WF_NOTIFICATION_HTTP_ALLOW: "127.0.0.1" },
      },
    })
    const leave = new AbortController()
    try {
      const client = createClient({ url: stack.url, token: stack.token })
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
      for (const name of ["notification-2", "notification"]) await killAndRestart(stack, name)
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
      await stack.stop()
      await endpoint.server.stop(true)
    }
  },
  400_000,
)
