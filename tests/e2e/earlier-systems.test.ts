import { beforeAll, describe, expect, test } from "bun:test"
import { until } from "#kernel/testing/until.ts"
import { createClient } from "#sdk/index.ts"
import { platform, type UnderTest } from "./platform.ts"

let it: UnderTest
let stranger: string
beforeAll(async () => {
  it = await platform()
  const { identity } = createClient({ url: it.url })
  const person = { email: `${crypto.randomUUID()}@example.test`, password: "correct horse battery" }
  await identity.register({ ...person, name: "Stranger" })
  stranger = (await identity.login(person)).access_token
}, 120_000)

type Json = Record<string, unknown>
type Answer = { readonly status: number; readonly body: Json }
type More = { readonly as?: string; readonly key?: string }

const send = async (path: string, given?: unknown, { as, key }: More = {}): Promise<Answer> => {
  const text = typeof given === "string" ? given : JSON.stringify(given)
  const response = await fetch(`${it.url}${path}`, {
    method: given === undefined ? "GET" : "POST",
    headers: {
      authorization: as ?? `Bearer ${it.token}`,
      "content-type": "application/json",
      ...(key !== undefined && { "idempotency-key": key }),
    },
    ...(given !== undefined && { body: text }),
  })
  return { status: response.status, body: (await response.json()) as Json }
}

const sequence = (body: unknown, more?: More) => send("/api/v1/workflows", body, more)

const noops = (...names: string[]) => names.map((name) => ({ name, type: "noop", payload: {} }))

const ends = new Set(["completed", "failed", "cancelled"])

const ended = async (path: string): Promise<Json> => {
  let body: Json = {}
  await until("it ends", async () => {
    body = (await send(path)).body
    return ends.has(String(body.status))
  })
  return body
}

const endedSequence = (answer: Answer) => ended(`/api/v1/workflows/${answer.body.id}`)

const stepsOf = (body: Json) => body.steps as Json[]

describe("a sequence", () => {
  test("is started by its steps, which are done one after the other, each with its payload", async () => {
    const transform = (text: string) => ({
      name: `make ${text}`,
      type: "transform",
      payload: { data: [text], operations: ["uppercase"] },
      max_retries: 1,
    })
    const started = await sequence({ name: "Two words, any text", steps: [transform("a"), transform("b")] })
    expect(started).toEqual({
      status: 201,
      body: {
        ...{ id: expect.any(String), name: "Two words, any text", status: "running" },
        ...{ current_step: 0, total_steps: 2, created_at: expect.any(String) },
      },
    })
    const shown = await endedSequence(started)
    expect(shown).toMatchObject({ ...started.body, status: "completed", current_step: 2 })
    expect(stepsOf(shown)).toEqual(
      ["a", "b"].map((text) => ({
        ...transform(text),
        ...{ status: "completed", attempt: 1, error: null },
        ...{ started_at: expect.any(String), completed_at: expect.any(String) },
      })),
    )
    const [one, other] = stepsOf(shown)
    expect(String(one?.completed_at) <= String(other?.started_at)).toBe(true)
    expect(shown.updated_at).toBe(shown.completed_at as string)
    const { tasks } = await it.client.runs.get(String(started.body.id))
    expect(tasks?.map(({ outputs }) => outputs)).toEqual([{ data: ["A"] }, { data: ["B"] }])
  })

  test("ends with the first step that fails; the steps after it never begin", async () => {
    const steps = [...noops("fine"), { name: "bad", type: "sleep", payload: { ms: "x" } }, ...noops("never")]
    const shown = await endedSequence(await sequence({ name: "fails", steps }))
    expect(shown).toMatchObject({ status: "failed", current_step: 1, total_steps: 3 })
    expect(stepsOf(shown).map(({ status }) => status)).toEqual(["completed", "failed", "skipped"])
    expect(stepsOf(shown)[1]?.error).toMatchObject({ code: "payload.invalid" })
  })

  test("has three retries where it says none or less, and as many as it says", async () => {
    const given = [undefined, 0, -2, 5]
    const steps = given.map((max_retries, index) => ({ name: `${index}`, type: "noop", max_retries }))
    const shown = await endedSequence(await sequence({ name: "retries", steps }))
    expect(stepsOf(shown).map(({ max_retries }) => max_retries)).toEqual([3, 3, 3, 5])
    expect(stepsOf(shown).map(({ payload }) => payload)).toEqual([null, null, null, null])
  })

  test("may have steps of the same name, or of a strange one", async () => {
    const names = ["a", "a", "a (2)", "__proto__", "constructor", "__proto__", "tab\there", "😀", "${{ x }}"]
    const shown = await endedSequence(await sequence({ name: "__proto__", steps: noops(...names) }))
    expect([shown.name, shown.status]).toEqual(["__proto__", "completed"])
    expect(stepsOf(shown).map(({ name }) => name)).toEqual(names)
  })

  test("is one by its key, and a conflict with another body", async () => {
    const body = { name: "keyed", steps: noops("one") }
    const key = crypto.randomUUID()
    const answers = await Promise.all([1, 2, 3].map(() => sequence(body, { key })))
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201])
    expect(new Set(answers.map(({ body: { id } }) => id)).size).toBe(1)
    const { name, total_steps } = (await sequence(body, { key })).body
    expect([name, total_steps]).toEqual(["keyed", 1])
    const other = await sequence({ ...body, steps: noops("other") }, { key })
    expect([other.status, other.body.code]).toEqual([409, "idempotency.conflict"])
    const wins = await sequence({ ...body, idempotency_key: crypto.randomUUID() }, { key })
    expect(wins.body.id).not.toBe(answers[0]?.body.id)
  })

  test("of a thousand steps completes", async () => {
    const names = Array.from({ length: 1_000 }, (_, index) => `step ${index}`)
    const shown = await endedSequence(await sequence({ name: "long", steps: noops(...names) }))
    expect(shown).toMatchObject({ status: "completed", current_step: 1_000 })
  }, 60_000)

  test("is an ordinary run: listed, watched, cancelled and run again", async () => {
    const name = `ordinary-${crypto.randomUUID()}`
    const steps = [{ name: "long", type: "sleep", payload: { ms: 600_000 } }, ...noops("after")]
    const { id } = await it.client.workflows.startSequence({ name, steps })
    const listed = await it.wf(["runs", "list", "--workflow", name, "--json"])
    expect(JSON.parse(listed.stdout).items).toEqual([
      expect.objectContaining({ id, version: 0, trigger: "sequence" }),
    ])
    expect((await it.wf(["runs", "list", "--workflow", name])).stdout).toStartWith(`${id}\t`)
    expect((await it.wf(["runs", "show", id])).stdout).toContain("long")
    await until("it runs", async () => {
      const [step] = (await it.client.workflows.sequence(id)).steps ?? []
      return step?.status === "running"
    })
    const [cancelled, watched] = await Promise.all([it.wf(["cancel", id]), it.wf(["watch", id])])
    expect([cancelled.code, watched.code]).toEqual([0, 3])
    const shown = await it.client.workflows.sequence(id)
    expect(shown).toMatchObject({ status: "cancelled", current_step: 0 })
    const again = await send(`/api/v1/runs/${id}/rerun`, { mode: "all", inputs: {} })
    expect([again.status, again.body.version]).toEqual([201, 0])
    const repeated = await it.client.workflows.sequence(String(again.body.id))
    expect(repeated.steps?.map(({ payload }) => payload)).toEqual(steps.map(({ payload }) => payload))
    const named = await send(`/api/v1/runs/${id}/rerun`, { inputs: { payloads: [] } })
    expect([named.status, named.body.code]).toEqual([422, "inputs.invalid"])
    await it.client.runs.cancel(String(again.body.id))
    for (const more of [["--latest"], ["-i", "a=1"]])
      expect((await it.wf(["rerun", id, ...more])).code).toBe(2)
  })

  test("runs commands with expressions of its own payload only, and shows their lines", async () => {
    const steps = [{ name: "say it", type: "shell", payload: { run: "echo hello" } }]
    const { id } = await it.client.workflows.startSequence({ name: "says", steps })
    await ended(`/api/v1/workflows/${id}`)
    const logs = () => it.wf(["logs", id, "--task", "say it"])
    await until("the line is there", async () => (await logs()).stdout.includes("say it\thello\n"))
  })

  test.each([
    ["no steps", { name: "x", steps: [] }],
    ["no name", { steps: noops("a") }],
    ["an empty name", { name: "", steps: noops("a") }],
    ["steps that are none", { name: "x", steps: ["a"] }],
    ["a step without a type", { name: "x", steps: [{ name: "a" }] }],
    ["a type that is none", { name: "x", steps: [{ name: "a", type: "../x" }] }],
    ["a step's empty name", { name: "x", steps: noops("") }],
    ["a name with a NUL", { name: "x\0", steps: noops("a") }],
    ["a step's name with a NUL", { name: "x", steps: noops("a\0") }],
    ["a name that is too long", { name: "x".repeat(201), steps: noops("a") }],
    ["a step's name that is too long", { name: "x", steps: noops("a".repeat(201)) }],
    ["too many steps", { name: "x", steps: noops(...Array.from({ length: 1_001 }, String)) }],
    ["too many retries", { name: "x", steps: [{ ...noops("a")[0], max_retries: 101 }] }],
    ["an unknown field", { name: "x", steps: noops("a"), other: 1 }],
    ["a source beside", { name: "x", steps: noops("a"), source: "name: x" }],
    ["a NUL in a payload", { name: "x", steps: [{ name: "a", type: "noop", payload: ["\0"] }] }],
    ["a key for a definition", { source: "name: x", idempotency_key: "x" }],
  ])("with %s is refused", async (_, body) => {
    const { status, body: problem } = await sequence(body)
    expect([status, problem.code]).toEqual([422, "request.invalid"])
  })

  test("with __proto__ in a payload is refused, wherever it is", async () => {
    const step = '{"name":"a","type":"noop","payload":{"a":[{"__proto__":{"b":1}}]}}'
    expect((await sequence(`{"name":"x","steps":[${step}]}`)).status).toBe(422)
    expect((await sequence(`{"name":"x","steps":[{"__proto__":{},"name":"a","type":"noop"}]}`)).status).toBe(
      422,
    )
  })

  test("with payloads that are too large is refused, also when they grow by being written", async () => {
    const payload = "x".repeat(1024 * 1024)
    expect((await sequence({ name: "x", steps: [{ name: "a", type: "noop", payload }] })).status).toBe(413)
    const large = "x".repeat(1024 * 1024 - 100)
    const fits = await sequence({ name: "x", steps: [{ name: "a", type: "noop", payload: large }] })
    expect((await endedSequence(fits)).status).toBe("completed")
    const growing = `[${Array.from({ length: 40_000 }, () => "1e20").join(",")}]`
    const steps = Array.from(
      { length: 15 },
      (_, index) => `{"name":"${index}","type":"noop","payload":${growing}}`,
    )
    expect((await sequence(`{"name":"x","steps":[${steps.join(",")}]}`)).status).toBe(413)
  })

  test("is not there for another workspace, and what is no sequence is not there for anybody", async () => {
    const { id } = (await sequence({ name: "mine", steps: noops("a") })).body
    const as = `Bearer ${stranger}`
    expect((await send(`/api/v1/workflows/${id}`, undefined, { as })).status).toBe(404)
    await it.client.workflows.push("name: no-sequence\ntasks:\n  one: { uses: noop }\n")
    const run = await it.client.runs.start({ workflow: "no-sequence" })
    const job = await it.client.jobs.create({ type: "noop" })
    for (const other of [run.id, job.id, crypto.randomUUID()]) {
      const answer = await send(`/api/v1/workflows/${other}`)
      expect([answer.status, answer.body.code]).toEqual([404, "workflow.not_found"])
    }
  })
})

const workflow = async (more?: More): Promise<string> =>
  String((await send("/api/workflows", { name: "stepped" }, more)).body.id)

const task = async (workflow_id: string, name: string, more: Json = {}): Promise<string> => {
  const { status, body } = await send("/api/tasks", { workflow_id, name, type: "noop", payload: {}, ...more })
  expect([status, body.name]).toEqual([201, name])
  return String(body.id)
}

const depend = (task_id: string, depends_on_task_id: string, more?: More) =>
  send("/api/dependencies", { task_id, depends_on_task_id }, more)

const start = (id: string, more?: More) => send(`/api/workflows/${id}/start`, {}, more)

describe("a workflow that is put together step by step", () => {
  test("is started with its tasks and dependencies, and shows how far they are", async () => {
    const created = await send("/api/workflows", { name: "stepped" })
    expect(created.status).toBe(201)
    expect(created.body).toMatchObject({ name: "stepped", status: "draft", run_id: null, tasks: [] })
    const id = String(created.body.id)
    const payload = { data: [1], operations: [] }
    const [last, left, right, first] = [
      await task(id, "same", { type: "transform", payload: { data: ["last"], operations: [] } }),
      await task(id, "left", { type: "transform", payload }),
      await task(id, "right", { max_retries: 1 }),
      await task(id, "same"),
    ]
    for (const [one, other] of [
      [last, left],
      [last, right],
      [left, first],
      [right, first],
      [right, first],
    ] as const)
      expect((await depend(one, other)).status).toBe(201)
    expect((await send(`/api/workflows/${id}`)).body).toMatchObject({ status: "draft" })
    const started = await start(id)
    expect(started).toMatchObject({ status: 202, body: { workflow_id: id, status: "running" } })
    const shown = await ended(`/api/workflows/${id}`)
    expect(shown).toMatchObject({ id, status: "completed", run_id: started.body.run_id })
    const tasks = shown.tasks as Json[]
    expect(tasks.map(({ id, name, depends_on }) => [id, name, depends_on])).toEqual([
      [last, "same", [left, right].sort()],
      [left, "left", [first]],
      [right, "right", [first]],
      [first, "same", []],
    ])
    expect(tasks.map(({ status, max_retries }) => [status, max_retries])).toEqual(
      [3, 3, 1, 3].map((max_retries) => ["completed", max_retries]),
    )
    expect(tasks[1]?.payload).toEqual(payload)
    const at = (index: number, what: string) => String(tasks[index]?.[what])
    expect(at(3, "completed_at") <= at(1, "started_at")).toBe(true)
    expect(at(1, "completed_at") <= at(0, "started_at")).toBe(true)
    const run = await it.client.runs.get(String(shown.run_id))
    expect([run.version, run.trigger]).toEqual([0, "draft"])
    expect(run.tasks?.at(-1)?.outputs).toEqual({ data: ["last"] })
  })

  test("is started once, however often that is asked for, and stays as it is then", async () => {
    const id = await workflow()
    const [one, other] = [await task(id, "one"), await task(id, "two")]
    const starts = await Promise.all([1, 2, 3, 4].map(() => start(id)))
    starts.push(await start(id))
    expect(new Set(starts.map(({ status, body }) => `${status} ${body.run_id}`)).size).toBe(1)
    const late = await send("/api/tasks", { workflow_id: id, name: "late", type: "noop" })
    expect([late.status, late.body.code]).toEqual([409, "workflow.started"])
    expect((await depend(one, other)).status).toBe(409)
  })

  test("has no cycle: the dependency that would close one is refused, with its tasks", async () => {
    const id = await workflow()
    const [a, b, c] = [await task(id, "a"), await task(id, "b"), await task(id, "c")]
    const itself = await depend(a, a)
    expect([itself.status, itself.body.code]).toEqual([422, "workflow.invalid"])
    expect(itself.body.detail).toContain("a → a")
    await depend(b, a)
    await depend(c, b)
    const closing = await depend(a, c)
    expect([closing.status, closing.body.code]).toEqual([422, "workflow.invalid"])
    expect(String(closing.body.detail)).toMatch(/cycle: .*a.*b|cycle: .*b.*a/)
    const both = await Promise.all([depend(a, c.toUpperCase()), depend(a, b)])
    expect(both.map(({ status }) => status)).toEqual([422, 422])
    expect((await start(id)).status).toBe(202)
    expect((await ended(`/api/workflows/${id}`)).status).toBe("completed")
  })

  test("without tasks is not started", async () => {
    const answer = await start(await workflow())
    expect([answer.status, answer.body.code]).toEqual([422, "workflow.invalid"])
  })

  test("is nobody else's", async () => {
    const as = `Bearer ${stranger}`
    const id = await workflow()
    const [one, two] = [await task(id, "one"), await task(id, "two")]
    const theirs = await workflow({ as })
    const their_task = String(
      (await send("/api/tasks", { workflow_id: theirs, name: "x", type: "noop" }, { as })).body.id,
    )
    const asked = [
      await send(`/api/workflows/${id}`, undefined, { as }),
      await start(id, { as }),
      await send("/api/tasks", { workflow_id: id, name: "x", type: "noop" }, { as }),
      await depend(one, two, { as }),
      await depend(their_task, two, { as }),
      await depend(one, their_task),
      await depend(one, crypto.randomUUID()),
      await start(crypto.randomUUID()),
    ]
    expect(asked.map(({ status }) => status)).toEqual(asked.map(() => 404))
    const elsewhere = await task(await workflow(), "elsewhere")
    expect((await depend(one, elsewhere)).status).toBe(422)
  })

  test.each([
    ["/api/workflows", { name: "" }],
    ["/api/workflows", { name: "a\0" }],
    ["/api/workflows", { name: "a", steps: [] }],
    ["/api/tasks", { workflow_id: "x", name: "a", type: "noop" }],
    ["/api/tasks", { workflow_id: crypto.randomUUID(), name: "a", type: "noop", payload: "\0" }],
    ["/api/dependencies", { task_id: "x", depends_on_task_id: "y" }],
    ["/api/dependencies", { task_id: crypto.randomUUID() }],
    ["/api/workflows/x/start", {}],
  ])("%s refuses %o", async (path, body) => {
    const answer = await send(path, body)
    expect([answer.status, answer.body.code]).toEqual([422, "request.invalid"])
  })

  test("takes payloads up to a bound", async () => {
    const workflow_id = await workflow()
    const payload = "x".repeat(1024 * 1024 - 10)
    for (let count = 0; count < 4; count += 1) await task(workflow_id, `${count}`, { payload })
    const one_more = await send("/api/tasks", { workflow_id, name: "more", type: "noop", payload })
    expect([one_more.status, one_more.body.code]).toEqual([413, "request.too_large"])
  })

  test("needs somebody who is signed in", async () => {
    for (const path of ["/api/workflows", "/api/tasks", "/api/dependencies", "/api/workflows/x/start"])
      expect((await send(path, {}, { as: "" })).status).toBe(401)
  })
})

describe("Basic credentials", () => {
  const basic = (pair: string) => `Basic ${Buffer.from(pair).toString("base64")}`

  test("take the token as the password, whatever the user's name", async () => {
    for (const name of ["", "admin", "wft_none", "ädä"]) {
      const as = basic(`${name}:${it.token}`)
      expect((await sequence({ name: "basic", steps: noops("a") }, { as })).status).toBe(201)
      expect((await send("/api/v1/jobs?status=queued", undefined, { as })).status).toBe(200)
      expect((await send("/api/v1/auth/me", undefined, { as })).status).toBe(200)
    }
  })

  test("are refused when the password is no token", async () => {
    const wrong = ["admin:admin", `${it.token}:`, `${it.token}:x`, it.token, "", ":", `a:b:${it.token}`]
    for (const pair of wrong) {
      const { status } = await send("/api/v1/jobs", undefined, { as: basic(pair) })
      expect([pair, status]).toEqual([pair, 401])
    }
    for (const as of ["Basic", "Basic !!!", "Basic  ", "basic"])
      expect((await send("/api/v1/jobs", undefined, { as })).status).toBe(401)
  })
})
