import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import type { Plan } from "#language/plan.ts"
import { given, type WorkflowHouse } from "../given.ts"
import { createStarter } from "./starter.ts"

let house: WorkflowHouse
beforeAll(async () => {
  house = await given.house()
})
afterAll(() => house.close())

const home = crypto.randomUUID()

const send = async (path: string, body: unknown, workspace = home) => {
  const headers = { authorization: `Bearer developer@${workspace}`, "content-type": "application/json" }
  const init = { method: "POST", headers, body: JSON.stringify(body) }
  const response = await house.app.request(`/api/v1${path}`, init)
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

const uses = (name: string, version?: number) => ({
  uses: "workflow",
  with: { name, ...(version !== undefined && { version }) },
})

const push = (name: string, tasks: Record<string, unknown>) =>
  send("/workflows", { definition: { name, tasks } })

const leaf = (text = "hello") => ({ one: { run: `echo ${text}` } })

/** The plan that was handed over last. */
const planned = (): Plan => JSON.parse(house.desk.calls.at(-1)?.at(-1)?.planJson ?? "{}") as Plan

const shape = (plan: Plan) =>
  Object.fromEntries(
    Object.entries(plan.workflows ?? {}).map(([key, { workflow, version }]) => [key, [workflow, version]]),
  )

describe("a start of a workflow that runs others", () => {
  test("settles all their versions, with those that they run in turn", async () => {
    await push("leaf", leaf())
    await push("leaf", leaf("again"))
    await push("middle", { a: uses("leaf"), b: uses("leaf", 1) })
    expect((await push("whole", { a: uses("middle"), b: uses("leaf") })).status).toBe(201)
    expect((await send("/workflows/whole/start", {})).status).toBe(201)
    expect(shape(planned())).toEqual({ leaf: ["leaf", 2], "leaf@1": ["leaf", 1], middle: ["middle", 1] })
    expect(planned().workflows?.["leaf@1"]?.plan.tasks[0]?.with).toEqual({ run: "echo hello" })
    await push("leaf", leaf("newer"))
    expect((await send("/runs", { workflow: "whole" })).status).toBe(201)
    expect(shape(planned()).leaf).toEqual(["leaf", 3])
    expect(planned().tasks.map(({ name }) => name)).toEqual(["a", "b"])
  })

  test("is settled once for all that begin together", async () => {
    await push("shared-leaf", leaf())
    await push("shared", { a: uses("shared-leaf") })
    let loads = 0
    const contents: WorkflowHouse["contents"] = {
      load(sql, versions) {
        loads += 1
        return house.contents.load(sql, versions)
      },
    }
    const start = createStarter({ ...house, contents })
    const wanted = {
      ...{ workspace_id: home, workflow: "shared", version: undefined, inputs: {}, rerun: undefined },
      ...{ idempotency_key: undefined, traceparent: undefined },
    }
    const runs = await Promise.all(Array.from({ length: 100 }, () => start({ ...wanted })))
    expect(new Set(runs.map(({ run_id }) => run_id)).size).toBe(100)
    expect(shape(planned())).toEqual({ "shared-leaf": ["shared-leaf", 1] })
    // Two reads for a batch: the first start may be one by itself.
    expect(loads).toBeLessThanOrEqual(4)
  })

  test("hands the plans of others over as they are", async () => {
    await send("/workflows/leaf/start", {})
    expect(planned().workflows).toBeUndefined()
  })

  test("is refused where something of it isn't there, and says what and of whom", async () => {
    expect((await push("lonely", { a: uses("nobody") })).status).toBe(201)
    const missing = await send("/workflows/lonely/start", {})
    expect([missing.status, missing.body.code, missing.body.detail]).toEqual([
      422,
      "workflow.unknown_part",
      "A task of lonely (version 1) runs nobody, and there is no workflow nobody in this workspace.",
    ])
    await push("late", { a: uses("leaf", 99) })
    expect((await send("/workflows/late/start", {})).body.detail).toBe(
      "A task of late (version 1) runs leaf@99, and there is no workflow leaf with a version 99 in this workspace.",
    )
    await push("old", leaf())
    await push("nostalgic", { a: uses("old") })
    await send("/workflows/old/archive", {})
    expect((await send("/workflows/nostalgic/start", {})).body.detail).toEndWith(
      "old can't be run: is archived.",
    )
  })

  test("doesn't find another workspace's", async () => {
    const other = crypto.randomUUID()
    await send("/workflows", { definition: { name: "thief", tasks: { a: uses("leaf") } } }, other)
    const refused = await send("/workflows/thief/start", {}, other)
    expect([refused.status, refused.body.code]).toEqual([422, "workflow.unknown_part"])
  })

  test("is refused where others don't end there: they may run each other ten deep", async () => {
    await push("deep-1", leaf())
    for (let level = 2; level <= 11; level++) await push(`deep-${level}`, { a: uses(`deep-${level - 1}`) })
    expect((await send("/workflows/deep-10/start", {})).status).toBe(201)
    const refused = await send("/workflows/deep-11/start", {})
    expect(refused.body.detail).toBe(
      "The workflows that deep-11 (version 1) runs are too many: they run each other 11 deep, and may do so 10 deep.",
    )
  })

  test("keeps no other start of the same moment from being handed over", async () => {
    const [bad, good] = await Promise.all([
      send("/workflows/lonely/start", {}),
      send("/workflows/leaf/start", {}),
    ])
    expect([bad.status, good.status]).toEqual([422, 201])
  })
})

describe("workflows that run each other in a circle", () => {
  test("are refused at the push that closes it, which changes nothing", async () => {
    await push("ring-a", { a: uses("ring-b") })
    await push("ring-b", { a: uses("ring-c") })
    const refused = await push("ring-c", { a: uses("ring-a") })
    expect([refused.status, refused.body.code]).toEqual([422, "workflow.cycle"])
    expect(refused.body.detail).toBe(
      "ring-c (version 1) → ring-a (version 1) → ring-b (version 1) → ring-c (version 1): a run of it would never end.",
    )
    expect((await send("/workflows/ring-c/start", {})).status).toBe(404)
    expect((await push("ring-c", leaf())).body.version).toBe(1)
    expect((await send("/workflows/ring-a/start", {})).status).toBe(201)
  })

  test("are no circle through an earlier version that ends", async () => {
    await push("spiral", leaf())
    await push("turn", { a: uses("spiral", 1) })
    expect((await push("spiral", { a: uses("turn") })).status).toBe(201)
    expect((await send("/workflows/spiral/start", {})).status).toBe(201)
    expect(shape(planned())).toEqual({ "spiral@1": ["spiral", 1], turn: ["turn", 1] })
  })

  test("are refused at the start, if they became one unseen", async () => {
    await push("left", leaf())
    await push("right", { a: uses("left") })
    // Two pushes at once see each other's earlier version.
    await house.database.run(
      (sql) => sql`
        update workflow.version set plan = replace(plan::text, '"name":"left"', '"name":"right"')::json
        where workflow_id = (select id from workflow.workflow where name = 'right')`,
    )
    const refused = await send("/workflows/right/start", {})
    expect([refused.status, refused.body.code]).toEqual([422, "workflow.cycle"])
    expect(refused.body.detail).toStartWith("right (version 1) → right (version 1): ")
  })
})
