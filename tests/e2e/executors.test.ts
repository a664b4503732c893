import { afterAll, beforeAll, expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { platform, type UnderTest } from "./platform.ts"

let it: UnderTest
beforeAll(async () => {
  it = await platform()
}, 120_000)

const folder = mkdtempSync(join(tmpdir(), "wf-e2e-executors-"))

const busy_at_ms: number[] = []
const door_heard: string[] = []
const server = Bun.serve({
  ...{ port: 0, hostname: "127.0.0.1" },
  fetch(request) {
    const { pathname } = new URL(request.url)
    if (pathname === "/page") return new Response("<h1>Example</h1>", { headers: { server: "tests" } })
    if (pathname === "/door") {
      const said = request.headers.get("authorization") ?? "nothing"
      door_heard.push(said)
      return Response.json({ said, again: Array.from({ length: 24_000 }, () => said) })
    }
    if (pathname === "/large")
      return Response.json({ rows: Array.from({ length: 60_000 }, (_, row) => `row ${row}`) })
    if (pathname === "/busy" && busy_at_ms.push(performance.now()) === 1) {
      return new Response("", { status: 429, headers: { "retry-after": "2" } })
    }
    return Response.json({ asked: request.method })
  },
})
afterAll(() => {
  server.stop(true)
  rmSync(folder, { recursive: true, force: true })
})

const url = (path: string): string => `http://127.0.0.1:${server.port}${path}`

const ran = async (text: string, words: readonly string[] = []) => {
  const path = join(folder, `${Bun.hash(text)}.yml`)
  writeFileSync(path, text)
  const run_id = (await it.wf(["run", path, "--detach", ...words])).stdout.trim()
  await it.wf(["watch", run_id])
  const run = await it.client.runs.get(run_id)
  return { run_id, run, tasks: new Map((run.tasks ?? []).map((task) => [task.task, task])) }
}

test("the example of scripts adds up, and its file is kept", async () => {
  const { code, stdout } = await it.wf(["run", "examples/totals.yml"])
  expect(code).toBe(0)
  expect(stdout).toContain("add_up │ 2 × bread: 7")
  expect(stdout).toContain("tell │ The total is 15.")
  const run_id = (await it.wf(["run", "examples/totals.yml", "--detach", "-i", "orders=[]"])).stdout.trim()
  expect((await it.wf(["watch", run_id])).code).toBe(0)
  const file = await it.wf(["artifacts", "download", run_id, "out/total.txt", "-o", "-"])
  expect(file.stdout).toBe("0 items: 0\n")
})

test("the example of requests finds a site well, or in need of somebody", async () => {
  const words = ["run", "examples/site-check.yml", "-i", `url=${url("/page")}`]
  expect((await it.wf([...words, "-i", "expected=Example"])).stdout).toContain("is well.")
  expect((await it.wf([...words, "-i", "expected=Other"])).stdout).toContain("needs somebody to look at it.")
  const refused = await it.wf(["run", "examples/site-check.yml", "-i", "url=http://169.254.169.254/"])
  expect(refused.code).toBe(0)
  expect(refused.stdout).toContain("needs somebody to look at it.")
})

test("a server that is busy is asked again when it wants to be", async () => {
  const { tasks } = await ran(`name: busy
tasks:
  ask:
    uses: http
    with: { url: "${url("/busy")}", json: { a: 1 } }
    retries: { max_retries: 2, initial: 10ms, jitter: 0 }
`)
  const ask = tasks.get("ask")
  expect(ask).toMatchObject({
    status: "completed",
    attempt: 2,
    outputs: { status: 200, json: { asked: "POST" } },
  })
  const [first = 0, second = 0] = busy_at_ms
  expect(second - first).toBeGreaterThan(1_990)
})

test("an answer that is too large for its task is whole where it is read", async () => {
  const { run, run_id, tasks } = await ran(`name: large
tasks:
  load:
    uses: http
    with: { url: "${url("/large")}" }
  count:
    needs: [load]
    uses: script
    with:
      code: |
        export default ({ tasks }) => {
          const { rows } = tasks.load.outputs.json
          return { count: rows.length, last: rows.at(-1) }
        }
  size:
    needs: [load]
    run: echo "rows=\${{ size(tasks.load.outputs.json.rows) }}" >> "$WF_OUTPUT"
`)
  expect(run.status).toBe("completed")
  expect(tasks.get("count")?.outputs).toEqual({ count: 60_000, last: "row 59999" })
  expect(tasks.get("size")?.outputs).toEqual({ rows: 60_000 })
  const name = ".wf/outputs/load/json.json"
  expect(tasks.get("load")?.outputs).toMatchObject({ json: { $artifact: name, run_id } })
  const file = await it.wf(["artifacts", "download", run_id, name, "-o", "-"])
  expect(JSON.parse(file.stdout).rows).toHaveLength(60_000)
})

test("outputs that a shell task writes may be large too", async () => {
  const { run, tasks } = await ran(`name: large-shell
tasks:
  write:
    run: |
      { echo "text<<END"; seq 1 100000; echo END; echo small=1; } >> "$WF_OUTPUT"
  read:
    needs: [write]
    uses: script
    with: { code: "export default ({ tasks: { write: { outputs } } }) => ({ lines: outputs.text.split('\\\\n').length, small: outputs.small })" }
`)
  expect(run.status).toBe("completed")
  expect(tasks.get("write")?.outputs).toMatchObject({
    small: 1,
    text: { $artifact: ".wf/outputs/write/text.json" },
  })
  expect(tasks.get("read")?.outputs).toEqual({ lines: 100_000, small: 1 })
})

test("secrets reach a request and a script, and come out of neither, nor into a large output", async () => {
  const value = "0pen-the-d00r/please"
  await it.wf(["secrets", "set", "DOOR_TOKEN"], { stdin: `${value}\n` })
  const { run, run_id, tasks } = await ran(`name: door
secrets: [DOOR_TOKEN]
tasks:
  bearer:
    uses: http
    secrets: [DOOR_TOKEN]
    with: { url: "${url("/door")}", auth: { bearer: "\${{ secrets.DOOR_TOKEN }}" } }
  basic:
    uses: http
    secrets: [DOOR_TOKEN]
    with: { url: "${url("/door")}", auth: { username: ada, password: "\${{ secrets.DOOR_TOKEN }}" } }
  code:
    needs: [bearer]
    uses: script
    secrets: [DOOR_TOKEN]
    env: { KEY: "\${{ secrets.DOOR_TOKEN }}" }
    with:
      code: |
        export default ({ secrets, log }) => {
          log("it is", secrets.DOOR_TOKEN)
          return { length: secrets.DOOR_TOKEN.length, same: process.env.KEY === secrets.DOOR_TOKEN, key: process.env.KEY }
        }
  nobody:
    uses: script
    with: { code: "export default ({ secrets }) => ({ secrets })" }
`)
  expect(run.status).toBe("completed")
  const pair = `Basic ${Buffer.from(`ada:${value}`).toString("base64")}`
  expect(door_heard.toSorted()).toEqual([pair, `Bearer ${value}`])
  expect(tasks.get("code")?.outputs).toEqual({ length: value.length, same: true, key: "***" })
  expect(tasks.get("nobody")?.outputs).toEqual({ secrets: {} })
  const name = ".wf/outputs/bearer/json.json"
  expect(tasks.get("bearer")?.outputs).toMatchObject({ json: { $artifact: name } })
  const file = await it.wf(["artifacts", "download", run_id, name, "-o", "-"])
  expect(JSON.parse(file.stdout).said).toBe("Bearer ***")
  const { stdout } = await it.wf(["artifacts", "download", run_id, ".wf/outputs/basic/json.json", "-o", "-"])
  const logs = await it.wf(["logs", run_id])
  expect(logs.stdout).toContain("it is ***")
  for (const form of [value, Buffer.from(value).toString("base64").slice(2, 16), pair.slice(-16, -4)]) {
    expect([file.stdout, stdout, logs.stdout, JSON.stringify([...tasks])].join("\n")).not.toContain(form)
  }
})

test("the worker's own functions are given the values of expressions", async () => {
  const { tasks } = await ran(`name: functions
inputs: { words: { type: array, default: [b, a] } }
tasks:
  sort:
    uses: transform
    with: { data: "\${{ inputs.words }}", operations: [sort] }
  say:
    needs: [sort]
    uses: transform
    with: { data: "\${{ tasks.sort.outputs.data[0] }}!", operations: [uppercase] }
  wrong:
    uses: transform
    continue_on_error: true
    with: { data: "\${{ inputs.words[7] }}" }
`)
  expect(tasks.get("sort")?.outputs).toEqual({ data: ["a", "b"] })
  expect(tasks.get("say")?.outputs).toEqual({ data: "A!" })
  expect(tasks.get("wrong")).toMatchObject({ status: "failed", error: { code: "expression.failed" } })
})

test("a task that wants more than its limits is told so", async () => {
  const { tasks } = await ran(`name: greedy
tasks:
  many:
    run: for i in 1 2 3 4 5 6 7 8 9 10; do sleep 20 & done; wait
    limits: { processes: 5 }
`)
  expect(tasks.get("many")).toMatchObject({ status: "failed", error: { code: "task.processes" } })
})

test("a worker is listed with the types of tasks that it can run", async () => {
  const [worker] = (await it.client.workers.list()).items
  expect(worker?.types).toEqual(expect.arrayContaining(["shell", "script", "http", "noop"]))
})

test("a container runs, or the error says what is missing", async () => {
  const { tasks } = await ran(`name: contained
tasks:
  inside:
    uses: container
    with: { image: "alpine:3.22", run: "echo hello" }
`)
  const inside = tasks.get("inside")
  if (inside?.status === "completed") return
  expect(["container.unavailable", "container.failed"]).toContain(inside?.error?.code ?? "")
  expect(inside?.error?.message).toMatch(/docker|podman/)
})
