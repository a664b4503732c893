import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import type { UnderTest } from "#tests/e2e/platform.ts"

const report = (message: string) => `name: report
tags: [reports]
inputs: { day: { type: string, default: monday } }
secrets: [WAREHOUSE_TOKEN]
schedule: [{ cron: "30 2 * * 1-5", timezone: Europe/Berlin }]
triggers: [{ type: webhook, name: on-push }]
tasks:
  extract:
    run: echo "${message} of "\${{ inputs.day }}; echo "rows=3" >> "$WF_OUTPUT"; echo "a,b" > out.csv
    artifacts: ["*.csv"]
  load: { needs: [extract], run: echo loaded }
`

const broken = `name: broken
tasks:
  build: { run: "echo building; echo no such table >&2; exit 3" }
  ship: { needs: [build], run: echo shipped }
`

const asking = `name: asking
tasks:
  sign_off: { uses: approval, with: { roles: [viewer], message: "Ship it?" } }
`

/** What a workspace looks like after a while; commands that list and show it have something to say. */
export const givenWork = async (it: UnderTest) => {
  const folder = mkdtempSync(join(tmpdir(), "wf-golden-"))
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const wf = async (...words: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await it.wf(words, { stdin: "s3cret" })
    if (code > 1) throw new Error(`wf ${words.join(" ")} ended with ${code}: ${stderr}`)
    return stdout.trim()
  }
  await wf("secrets", "set", "WAREHOUSE_TOKEN")
  // The usual ones are made behind the making of their owner: lists have the last one first.
  await until("the usual subscriptions are made", async () =>
    (await wf("subscriptions", "list")).includes("What waits"),
  )
  await wf("subscriptions", "create", "failures", "--event", "run.failed")
  await wf("push", file("report.yml", report("first")))
  await wf("push", file("report.yml", report("report")))
  const completed = await wf("run", "report", "--detach")
  await wf("watch", completed)
  const failed = await wf("run", file("broken.yml", broken), "--detach")
  await wf("watch", failed)
  const waiting = await wf("run", file("asking.yml", asking), "--detach")
  await wf("members", "invite", "ada@example.test", "--role", "operator")
  await wf("service-accounts", "create", "deploy", "--role", "operator")
  await wf("service-accounts", "token", "deploy", "--name", "pipeline")
  await wf("queues", "set", "mail", "--concurrency", "5", "--rate", "100/minute")
  const { client } = it
  const job = await client.jobs.create({ type: "noop", payload: {}, queue: "mail" })
  const dead = await client.jobs.create({ type: "sleep", payload: { ms: "long" }, queue: "bulk" })
  await until("the jobs have ended", async () => {
    const states = await Promise.all([client.jobs.get(job.id), client.jobs.get(dead.id)])
    return states.map(({ status }) => status).join() === "completed,dead_letter"
  })
  await until("all is told", async () => {
    const [told, attempts, inbox, audit] = await Promise.all([
      client.deliveries.list({}),
      client.history.list({}),
      client.notifications.list({}),
      client.audit.list({}),
    ])
    const ended = attempts.items.filter(({ status }) => status === "completed" || status === "failed")
    return told.items.length > 0 && ended.length >= 3 && inbox.items.length > 0 && audit.items.length > 5
  })
  const subscription = (await client.subscriptions.list()).items[0]?.id ?? ""
  const delivery = (await client.deliveries.list({})).items[0]?.id ?? ""
  return { completed, failed, waiting, job: job.id, dead: dead.id, subscription, delivery }
}
