import { afterAll, beforeEach, expect, test } from "bun:test"
import type { Database } from "#kernel/database/database.ts"
import { recent } from "#kernel/service/recent.ts"
import type { Engine } from "../engine.ts"
import { given } from "../given.ts"
import { held, type RemoteDoor, remoteDoor } from "./given.ts"

let engine: Engine & Pick<Database, "close">
let door: RemoteDoor
const opened: (typeof engine)[] = []
beforeEach(async () => {
  engine = await given.engine()
  door = remoteDoor(engine)
  opened.push(engine)
})
afterAll(async () => {
  for (const one of opened) await one.close()
})

const mailer = { queues: ["mail", "bulk"] }
const refusal = { status: 403, body: { code: "auth.other_queue" } }

const job = (queue: string) => door.create({ type: "send", queue })

const workerIn = (queues?: readonly string[]) => door.open({ job_types: ["send"], ...(queues && { queues }) })

/** The worker opens with what it wants, by a token that is for `mail` and `bulk`. */
const openBound = (queues?: readonly string[]) =>
  door.post<{ worker_id: string; detail: string }>("", { name: "own", job_types: ["send"], queues }, mailer)

test("a worker opens in the queues that its token is for, and takes from them alone", async () => {
  await job("payments")
  const mail = await job("mail")
  const { status, body } = await openBound(["mail"])
  expect(status).toBe(201)
  const claimed = await door.claim(body.worker_id, mailer)
  expect(claimed.map(({ task_run_id }) => task_run_id)).toEqual([mail.id])
  const [attempt] = claimed
  if (!attempt) throw new Error("nothing was claimed")
  const result = { ...held(attempt), outcome: "completed" }
  expect((await door.report(body.worker_id, [result], { ...mailer, max_tasks: 5 })).body).toMatchObject({
    items: [{ verdict: "accepted" }],
    attempts: [],
  })
})

test("without queues, or with `*`, it takes from all that its token is for, and from no other", async () => {
  for (const queues of [undefined, ["*"], ["mail", "*"]]) {
    const there = [await job("bulk"), await job("mail")]
    await job("payments")
    const { body } = await openBound(queues)
    const claimed = await door.claim(body.worker_id, mailer)
    expect(claimed.map(({ task_run_id }) => task_run_id).sort()).toEqual(there.map(({ id }) => id).sort())
  }
})

test("no worker opens in a queue that its token isn't for, and is told which those are", async () => {
  for (const queues of [["payments"], ["mail", "payments"], ["payments", "*"]]) {
    const refused = await openBound(queues)
    expect(refused).toMatchObject(refusal)
    expect(refused.body.detail).toBe("Your token is for queues `mail`, `bulk`, and not for queue `payments`.")
  }
  const { body } = await door.ask<{ items: unknown[] }>("GET", "/workers")
  expect(body.items).toEqual([])
})

test("a worker that another token has opened is of no use where it takes from other queues", async () => {
  const wider = [await workerIn(["mail", "payments"]), await workerIn()]
  const payments = await job("payments")
  // Also by an instance that has not opened it, and so has to look it up.
  const elsewhere = remoteDoor({ ...engine, sessions: recent(10) })
  for (const worker_id of wider) {
    const asked = [
      ["/claim", { worker_id, max_tasks: 1, wait: "0s" }],
      ["/heartbeat", { worker_id, held: [] }],
      ["/report", { worker_id, results: [{ task_run_id: payments.id, token: "1", outcome: "completed" }] }],
    ] as const
    for (const [path, body] of asked)
      for (const one of [door, elsewhere])
        expect({ path, ...(await one.post(path, body, mailer)) }).toMatchObject(refusal)
    expect(await door.ask("DELETE", `/workers/${worker_id}`, { role: "developer", ...mailer })).toMatchObject(
      refusal,
    )
  }
  // Nothing was taken: it is there for who may.
  const [claimed] = await door.claim(wider[0] ?? "")
  expect(claimed?.task_run_id).toBe(payments.id)
})
