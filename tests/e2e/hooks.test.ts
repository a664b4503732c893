import { beforeAll, describe, expect, test } from "bun:test"
import { createHmac } from "node:crypto"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import { platform, root, type UnderTest } from "./platform.ts"

let it: UnderTest
let folder: string
beforeAll(async () => {
  it = await platform()
  folder = mkdtempSync(join(tmpdir(), "wf-hooks-"))
}, 120_000)

const secret = "known to GitHub and to us"
const example = (name: string) => join(root, "examples", `${name}.yml`)

const deliver = (address: string, body: string, headers: Record<string, string> = {}) =>
  fetch(address, { method: "POST", body, headers: { "content-type": "application/json", ...headers } })

const signed = (body: string) => ({
  "x-github-event": "push",
  "x-github-delivery": crypto.randomUUID(),
  "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
})

describe("triggers", () => {
  test("a signed push begins the example's deploy, and its end the one after it", async () => {
    expect((await it.wf(["secrets", "set", "PUSH_SECRET"], { stdin: secret })).code).toBe(0)
    for (const name of ["on-push", "after-push"]) {
      const pushed = await it.wf(["push", example(name)])
      expect([pushed.code, pushed.stderr.includes("begins no runs")]).toEqual([0, false])
    }
    const listed = await it.wf(["hooks", "list", "--workflow", "on-push"])
    const [hook, address = "", by, state] = listed.stdout.trim().split("\t")
    expect([hook, by, state]).toEqual(["on-push/push", "PUSH_SECRET (github)", "on"])
    expect(address).toStartWith(`${it.url}/hooks/`)
    const body = JSON.stringify({ ref: "refs/heads/main", after: "0123abc", pusher: { name: "ada" } })
    expect((await deliver(address, body)).status).toBe(401)
    const headers = signed(body)
    const first = await deliver(address, body, headers)
    expect(first.status).toBe(202)
    const { run_id } = (await first.json()) as { run_id: string }
    expect(await (await deliver(address, body, headers)).json()).toEqual({ run_id })
    const run = await until("the deploy", async () => {
      const found = await it.client.runs.get(run_id)
      return found.status === "completed" && found
    })
    expect([run.trigger, run.inputs]).toEqual(["webhook", { commit: "0123abc", by: "ada" }])
    const after = await until("what comes after it", async () => {
      const { items } = await it.client.runs.list({ workflow: "after-push" })
      return items.find(({ status }) => status === "completed")
    })
    expect([after.trigger, after.inputs]).toEqual(["workflow", { status: "completed", run: run_id }])
    const other = JSON.stringify({ ref: "refs/heads/side" })
    expect(await (await deliver(address, other, signed(other))).json()).toEqual({
      skipped: "its `if` is not true",
    })
    const shown = await it.wf(["hooks", "show", "on-push"])
    const lines = shown.stdout.trim().split("\n")
    expect(lines[0]).toStartWith("on-push/push\t")
    expect(lines.slice(1).map((line) => line.split("\t").slice(1))).toEqual([
      ["skipped", "", "its `if` is not true"],
      ["started", run_id, ""],
      ["started", run_id, ""],
      ["refused", "", expect.stringContaining("hook.not_signed")],
    ])
    const by_name = await it.wf(["hooks", "show", "after-push", "--field", "deliveries.0.run_id"])
    expect(by_name.stdout.trim()).toBe(after.id)
    const json = await it.wf(["hooks", "list", "--json"])
    const { items } = JSON.parse(json.stdout) as { items: { workflow: string; last: object }[] }
    expect(items.find(({ workflow }) => workflow === "after-push")?.last).toMatchObject({ run_id: after.id })
  }, 60_000)

  test("a job that is given up begins the example that tells of it, once", async () => {
    const pushed = await it.wf(["push", example("on-dead-letter")])
    expect([pushed.code, pushed.stderr]).toEqual([0, ""])
    const listed = await it.wf(["hooks", "list", "--workflow", "on-dead-letter"])
    const fields = listed.stdout.trim().split("\t")
    expect([fields[0], fields[1], fields[3]]).toEqual([
      "on-dead-letter/given-up",
      "each job.dead_lettered",
      "on",
    ])
    const job = await it.client.jobs.create({ type: "sleep", payload: { ms: "long" } })
    const runsOf = async () => {
      const { items } = await it.client.runs.list({ workflow: "on-dead-letter" })
      return items.filter(({ inputs }) => (inputs as { job: string }).job === job.id)
    }
    const run = await until("the run that tells of it", async () =>
      (await runsOf()).find(({ status }) => status === "completed"),
    )
    expect(run.trigger).toBe("event")
    expect((await it.wf(["logs", run.id])).stdout).toStartWith(
      `tell\tThe job ${job.id} was given up: The payload is not valid: ms: `,
    )
    // The end of another job shows that what came before it was looked at.
    const other = await it.client.jobs.create({ type: "sleep", payload: { ms: "longer" } })
    await until("the next one", async () => {
      const { items } = await it.client.runs.list({ workflow: "on-dead-letter" })
      return items.some(({ inputs }) => (inputs as { job: string }).job === other.id)
    })
    expect(await runsOf()).toHaveLength(1)
    const path = join(folder, "wrong.yml")
    writeFileSync(
      path,
      "name: wrong\ntriggers:\n  - { type: event, event: job.finished }\ntasks:\n  one: { uses: noop }\n",
    )
    const refused = await it.wf(["validate", path])
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining("wrong.yml:3:27: must be one of"),
    ])
  }, 60_000)

  test("a webhook is rotated from the command line, and its old address is gone", async () => {
    const path = join(folder, "bare.yml")
    writeFileSync(path, "name: bare\ntriggers: [{ type: webhook }]\ntasks:\n  one: { uses: noop }\n")
    expect((await it.wf(["push", path])).code).toBe(0)
    const addressIn = (stdout: string) => stdout.trim().split("\t")[1] ?? ""
    const before = addressIn((await it.wf(["hooks", "list", "--workflow", "bare"])).stdout)
    expect((await deliver(before, "{}")).status).toBe(202)
    const asked = await it.wf(["hooks", "rotate", "bare"])
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining("bare/1 another address")])
    const rotated = await it.wf(["hooks", "rotate", "bare", "--yes"])
    expect([rotated.code, rotated.stderr]).toEqual([0, "Tell its senders the new address.\n"])
    expect((await deliver(before, "{}")).status).toBe(404)
    expect((await deliver(addressIn(rotated.stdout), "{}")).status).toBe(202)
    const begun_ms = performance.now()
    const sent = await Promise.all(
      Array.from({ length: 200 }, () => deliver(addressIn(rotated.stdout), "{}")),
    )
    const most = 100 + (10 * (performance.now() - begun_ms)) / 1_000 + 1
    const ofStatus = (wanted: number) => sent.filter(({ status }) => status === wanted)
    expect(ofStatus(202).length).toBeGreaterThan(0)
    expect(ofStatus(202).length).toBeLessThanOrEqual(most)
    // A machine with much else to do says so as well, and takes fewer.
    const refused = [...ofStatus(429), ...ofStatus(503)]
    expect(refused.length).toBe(sent.length - ofStatus(202).length)
    for (const { headers } of refused) expect(headers.get("retry-after")).toMatch(/^\d+$/)
    const missing = await it.wf(["hooks", "rotate", "nothing", "--yes"])
    expect([missing.code, missing.stderr]).toEqual([5, "wf: nothing has no webhook. See `wf hooks list`.\n"])
  })

  test("tasks, conditions and outputs read what began their run, within bounds", async () => {
    const path = join(folder, "reads.yml")
    const text = `name: reads
triggers: [{ type: webhook, name: push }]
env: { REF: "\${{ trigger.body.ref }}" }
tasks:
  one: { run: 'echo "It is $REF of" \${{ trigger.type }}' }
  two: { needs: [one], if: trigger.body.list.size() > 5, run: exit 1 }
outputs: { list: "\${{ trigger.body.list }}", by: "\${{ trigger.name }}" }
`
    writeFileSync(path, text)
    expect((await it.wf(["push", path])).code).toBe(0)
    const [, address = ""] = (await it.wf(["hooks", "list", "--workflow", "reads"])).stdout.trim().split("\t")
    const answer = await deliver(address, JSON.stringify({ ref: "ma'in; $(id)", list: [1, 2] }))
    const { run_id } = (await answer.json()) as { run_id: string }
    expect((await it.wf(["watch", run_id])).code).toBe(0)
    expect((await it.client.runs.get(run_id)).outputs).toEqual({ list: [1, 2], by: "push" })
    expect((await it.wf(["logs", run_id])).stdout).toBe("one\tIt is ma'in; $(id) of webhook\n")
    const large = await deliver(address, JSON.stringify({ ref: "x".repeat(300_000), list: [] }))
    expect([large.status, ((await large.json()) as { code: string }).code]).toEqual([
      413,
      "trigger.too_large",
    ])
    const again = (await it.wf(["rerun", run_id, "--detach"])).stdout.trim()
    expect((await it.wf(["watch", again])).code).toBe(0)
    expect((await it.client.runs.get(again)).outputs).toEqual({ list: [1, 2], by: "push" })
  }, 60_000)
})
