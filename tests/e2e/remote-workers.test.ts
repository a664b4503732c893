import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import { createClient, createWorker, type WorkContext, type WorkFunction } from "#sdk/index.ts"
import { platform, root, type UnderTest } from "./platform.ts"

const flow = join(root, "examples/worker/delivery.yml")

let it: UnderTest
beforeAll(async () => {
  it = await platform()
}, 120_000)

type Process = Bun.Subprocess<"ignore", "inherit", "pipe">

const begun: Process[] = []

/** The example's worker as a process of its own. */
const begin = (): Process => {
  const child = Bun.spawn([process.execPath, join(root, "examples/worker/main.ts")], {
    env: { PATH: process.env.PATH ?? "", WF_URL: it.url, WF_TOKEN: it.token },
    stdout: "inherit",
    stderr: "pipe",
  })
  begun.push(child)
  return child
}

afterAll(async () => {
  for (const child of begun) {
    child.kill("SIGKILL")
    await child.exited
  }
})

const taskOf = async (run_id: string, name: string) =>
  (await it.client.runs.tasks(run_id)).items.find(({ task }) => task === name)

const push = async () => it.client.workflows.push(await Bun.file(flow).text(), "delivery.yml")

const start = async (inputs: Record<string, unknown>): Promise<string> => {
  const { workflow, version } = await push()
  return (await it.client.runs.start({ workflow, version, inputs })).id
}

const running = (run_id: string, name: string) =>
  until(`${name} runs`, async () => {
    const task = await taskOf(run_id, name)
    return task?.status === "running" && task
  })

const ended = (run_id: string) =>
  until("the run ends", async () => {
    const run = await it.client.runs.get(run_id)
    return run.finished_at !== null && run
  })

describe("a worker in a process of its own", () => {
  let first: Process
  beforeAll(() => {
    first = begin()
  })

  test("runs functions of a workflow, tries again what has failed, and its log is the task's", async () => {
    const ran = await it.wf(["run", flow, "-i", "to=Grace", "-i", "weight_kg=5"])
    expect([ran.code, ran.stderr]).toEqual([0, expect.any(String)])
    const [run] = (await it.client.runs.list({ workflow: "delivery" })).items
    const id = run?.id ?? ""
    expect(await taskOf(id, "quote")).toMatchObject({
      status: "completed",
      attempt: 1,
      outputs: { price: 14 },
    })
    expect(await taskOf(id, "book")).toMatchObject({
      ...{ status: "completed", attempt: 2, outputs: { label: "grace-2" } },
    })
    expect(await taskOf(id, "deliver")).toMatchObject({ outputs: { result: "delivered" } })
    const logs = await it.wf(["logs", id])
    expect(logs.stdout.trim().split("\n").sort()).toEqual([
      "book\tbooked for Grace",
      "deliver\ton the road",
      "quote\t5 kg to Grace",
      "tell\tdelivered for 14",
    ])
    const attempts = await until("its attempts are told", async () => {
      const { items } = await it.client.history.list({ run_id: id, task: "quote" })
      return items.some(({ finished_at }) => finished_at) && items
    })
    expect(attempts).toMatchObject([{ inputs: { name: "quote", input: { weight_kg: 5, to: "Grace" } } }])
  })

  test("may say that trying again is of no use", async () => {
    const ran = await it.wf(["run", flow, "-i", "weight_kg=31"])
    expect(ran.code).toBe(1)
    const [run] = (await it.client.runs.list({ workflow: "delivery" })).items
    expect(await taskOf(run?.id ?? "", "quote")).toMatchObject({
      ...{ status: "failed", attempt: 1 },
      error: { code: "function.failed", message: "We carry at most 30 kg." },
    })
  })

  test("is told to stop what was cancelled, long before it would have ended", async () => {
    const run_id = await start({ takes_ms: 600_000 })
    await running(run_id, "deliver")
    await it.client.runs.cancel(run_id)
    expect((await ended(run_id)).status).toBe("cancelled")
    expect(await taskOf(run_id, "deliver")).toMatchObject({ status: "cancelled" })
  })

  test("takes jobs of the types that it registered", async () => {
    const job = await it.client.jobs.create({ type: "weigh", payload: [{ weight_kg: 2 }, { weight_kg: 3 }] })
    const done = await until("the job ends", async () => {
      const { status, result } = await it.client.jobs.get(job.id)
      return status === "completed" && { result }
    })
    expect(done.result).toEqual({ weight_kg: 5 })
  })

  test("is listed with what it can do", async () => {
    const { items } = await it.client.workers.list()
    expect(items.find(({ name, status }) => name === "parcels" && status !== "gone")).toMatchObject({
      ...{ remote: true, functions: ["quote", "book", "deliver"], types: ["function", "weigh"] },
      ...{ labels: { fleet: "north" }, slots: 10 },
    })
  })

  test("that is killed has its task taken over by another within 20 s", async () => {
    const run_id = await start({ takes_ms: 3_000 })
    const lost = await running(run_id, "deliver")
    first.kill("SIGKILL")
    const killed_ms = Date.now()
    const second = begin()
    const again = await until("another has it", async () => {
      const task = await taskOf(run_id, "deliver")
      return task?.worker_id !== lost.worker_id && task?.status === "running" && task
    })
    expect(again.attempt).toBe(2)
    // From when on it could be claimed again, as the platform tells it.
    const told = await Array.fromAsync(it.client.runs.watch(run_id))
    const back = told.find(({ type, task }) => type === "task.retrying" && task === "deliver")
    expect(back?.data).toMatchObject({ error: { code: "worker.lost" } })
    expect(Date.parse(back?.at ?? "") - killed_ms).toBeLessThan(20_000)
    expect((await ended(run_id)).status).toBe("completed")
    second.kill("SIGTERM")
    expect(await second.exited).toBe(0)
  }, 60_000)

  test("that is killed while it has what must not run twice leaves it failed", async () => {
    const text = [
      ...["name: once", "tasks:", "  one:", "    uses: function", "    on_worker_lost: fail"],
      ...["    retries: { max_retries: 5 }", "    with: { name: deliver, input: { takes_ms: 600000 } }"],
    ].join("\n")
    const { workflow, version } = await it.client.workflows.push(text, "once.yml")
    const child = begin()
    const { id } = await it.client.runs.start({ workflow, version, inputs: {} })
    await running(id, "one")
    child.kill("SIGKILL")
    expect((await ended(id)).status).toBe("failed")
    expect(await taskOf(id, "one")).toMatchObject({ attempt: 1, error: { code: "worker.lost" } })
  }, 60_000)

  test("that is asked to stop hands back at once what it can't end", async () => {
    const child = begin()
    const run_id = await start({ takes_ms: 600_000 })
    const task = await running(run_id, "deliver")
    child.kill("SIGTERM")
    expect(await child.exited).toBe(0)
    const left = (await it.client.workers.list()).items.find(({ id }) => id === task.worker_id)
    expect(left).toMatchObject({ status: "gone", busy: 0 })
    expect(await taskOf(run_id, "deliver")).toMatchObject({ status: "queued" })
    await it.client.runs.cancel(run_id)
  }, 60_000)

  test("whose token is of no use says so and ends", async () => {
    const worker = createWorker({ url: it.url, token: "wft_nobody", functions: { greet: () => "hello" } })
    await expect(worker.run()).rejects.toMatchObject({ status: 401 })
  })
})

describe("a function", () => {
  const workers: { stop(limit_ms?: number): Promise<void> }[] = []
  afterEach(async () => {
    for (const worker of workers.splice(0)) await worker.stop(0)
  })

  const work = (functions: Record<string, WorkFunction>, more: { url?: string; token?: string } = {}) => {
    const worker = createWorker({ url: it.url, token: it.token, functions, ...more })
    workers.push(worker)
    void worker.run()
  }

  const run = async (name: string, task: readonly string[], more: readonly string[] = []) => {
    const lines = [
      `name: ${name}`,
      ...more,
      "tasks:",
      "  one:",
      "    uses: function",
      ...task.map((line) => `    ${line}`),
    ]
    const { workflow, version } = await it.client.workflows.push(lines.join("\n"), `${name}.yml`)
    return (await it.client.runs.start({ workflow, version, inputs: {} })).id
  }

  test("is given the secrets that its task declares, and they come out of it in no form", async () => {
    const value = "s3cret-of-the-door"
    await it.wf(["secrets", "set", "REMOTE_KEY"], { stdin: `${value}\n` })
    let given: unknown
    work({
      open: (_, { secrets, log }: WorkContext) => {
        given = secrets
        log(`the key is ${secrets.REMOTE_KEY}`)
        return { key: secrets.REMOTE_KEY, length: secrets.REMOTE_KEY?.length }
      },
    })
    const id = await run(
      "remote-secret",
      ["with: { name: open }", "secrets: [REMOTE_KEY]"],
      ["secrets: [REMOTE_KEY]"],
    )
    expect((await ended(id)).status).toBe("completed")
    expect(given).toEqual({ REMOTE_KEY: value })
    expect(await taskOf(id, "one")).toMatchObject({ outputs: { key: "***", length: value.length } })
    expect((await it.wf(["logs", id])).stdout).toBe("one\tthe key is ***\n")
  })

  test("that says nothing of itself for too long has failed, however it ends then", async () => {
    const told = ({ signal }: WorkContext, then: () => void) => signal.addEventListener("abort", then)
    work({
      returning: (_, context: WorkContext) => new Promise<void>((resolve) => told(context, resolve)),
      throwing: (_, context: WorkContext) =>
        new Promise<void>((_, reject) => told(context, () => reject(new Error("no")))),
      going_on: async (_, { heartbeat }: WorkContext) => {
        for (let beats = 0; beats < 8; beats += 1) {
          heartbeat()
          const began_ms = performance.now()
          await until("a while has passed", () => performance.now() - began_ms > 100)
        }
      },
    })
    for (const name of ["returning", "throwing"]) {
      const id = await run(`remote-${name}`, [`with: { name: ${name}, heartbeat_timeout: 400ms }`])
      expect((await ended(id)).status).toBe("failed")
      expect(await taskOf(id, "one")).toMatchObject({ error: { code: "task.heartbeat_timeout" } })
    }
    const id = await run("remote-going-on", ["with: { name: going_on, heartbeat_timeout: 400ms }"])
    expect((await ended(id)).status).toBe("completed")
  })

  test("whose answer is too large, or is no JSON, has failed for good", async () => {
    const circle: Record<string, unknown> = {}
    circle.self = circle
    work({ large: () => ({ text: "x".repeat(300_000) }), round: () => circle })
    for (const [name, code] of [
      ["large", "outputs.too_large"],
      ["round", "outputs.invalid"],
    ] as const) {
      const id = await run(`remote-${name}`, [`with: { name: ${name} }`, "retries: { max_retries: 5 }"])
      expect((await ended(id)).status).toBe("failed")
      expect(await taskOf(id, "one")).toMatchObject({ attempt: 1, error: { code } })
    }
  })

  test("of another workspace is never called, whatever its name", async () => {
    const { identity } = createClient({ url: it.url })
    const person = { email: `${crypto.randomUUID()}@example.test`, password: "correct horse battery" }
    await identity.register({ ...person, name: "Eve" })
    const { access_token } = await identity.login(person)
    let called = 0
    work({ shared: () => (called += 1) }, { token: access_token })
    const id = await run("remote-shared", ["with: { name: shared }"])
    const theirs = createClient({ url: it.url, token: access_token })
    await until("their worker waits for work", async () =>
      (await theirs.workers.list()).items.some(({ remote }) => remote),
    )
    // It is there for its own workspace: a task of that comes first, and ours is still left alone.
    const text = "name: theirs\ntasks: { one: { uses: function, with: { name: shared } } }"
    const { workflow, version } = await theirs.workflows.push(text, "theirs.yml")
    const own = await theirs.runs.start({ workflow, version, inputs: {} })
    await until("their run ends", async () => (await theirs.runs.get(own.id)).status === "completed")
    expect(called).toBe(1)
    expect(await taskOf(id, "one")).toMatchObject({ status: "queued" })
    expect(
      (await it.client.workers.list()).items.filter(({ functions }) => functions.includes("shared")),
    ).toEqual([])
    await it.client.runs.cancel(id)
  })

  test("of a worker whose token is for some queues is called for tasks of these, and in no other queue", async () => {
    const words = ["tokens", "create", "mailer", "--scope", "worker.run", "--queues", "mail, bulk"]
    const token = (await it.wf(words)).stdout.trim()
    const called: string[] = []
    const functions = { deliver_mail: (_: unknown, { task_run_id }: WorkContext) => called.push(task_run_id) }
    const elsewhere = createWorker({ url: it.url, token, functions, queues: ["mail", "payments"] })
    await expect(elsewhere.run()).rejects.toMatchObject({
      ...{ status: 403, code: "auth.other_queue" },
      message: expect.stringContaining("`mail`, `bulk`"),
    })
    const other = await run("remote-payments", ["queue: payments", "with: { name: deliver_mail }"])
    const own = await run("remote-mail", ["queue: mail", "with: { name: deliver_mail }"])
    work(functions, { token })
    expect((await ended(own)).status).toBe("completed")
    expect(called).toEqual([(await taskOf(own, "one"))?.id ?? ""])
    expect(await taskOf(other, "one")).toMatchObject({ status: "queued" })
    const more = await it.wf(["tokens", "create", "more", "--queues", "payments"], {
      env: { WF_TOKEN: token },
    })
    expect(more.code).toBe(4)
    const odd = await it.wf(["tokens", "create", "odd", "--queues", "mail,,Bulk"])
    expect([odd.code, odd.stdout]).toEqual([2, ""])
    const line = (await it.wf(["tokens", "list"])).stdout
      .split("\n")
      .find((one) => one.includes("\tmailer\t"))
    expect(line?.split("\t").at(-1)).toBe("mail bulk")
    await it.client.runs.cancel(other)
  })
})
