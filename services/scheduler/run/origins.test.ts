import { afterAll, beforeAll, expect, test } from "bun:test"
import type { Actor } from "#kernel/auth/actor.ts"
import type { Engine } from "../engine.ts"
import { given, workspace_id } from "../given.ts"
import type { Attempt } from "../task/attempt.ts"
import type { Settlement } from "../task/verdict.ts"
import { listOrigins } from "./origins.ts"
import { rerunRun } from "./rerun.ts"

let engine: Engine & { close(): Promise<void> }
beforeAll(async () => {
  engine = await given.engine()
})
afterAll(() => engine.close())

const actor: Actor = {
  ...{ user_id: workspace_id, email: "a@example.test", grant_id: workspace_id, workspace_id },
  kind: "user",
  role: "owner",
}

const failed: Partial<Settlement> = {
  outcome: "failed",
  error: { code: "task.exit", message: "exit code 3" },
  non_retryable: true,
}

const work = async (...failing: readonly string[]) =>
  given.work(engine, await given.session(engine), ({ task }: Attempt) =>
    failing.includes(task) ? failed : {},
  )

const rerun = async (of: string, ...failing: readonly string[]) => {
  const { id } = await rerunRun(engine)(actor, of, { mode: "failed" })
  await work(...failing)
  return id
}

const originsOf = async (run_id: string) =>
  Object.fromEntries(
    (await listOrigins(engine.database)(actor, run_id)).map((origin) => [
      origin.run_id,
      origin.tasks.toSorted(),
    ]),
  )

test("a run that has made all of its results has them from nowhere else", async () => {
  const run_id = await given.run(engine, { a: { uses: "noop" } })
  await work()
  expect(await originsOf(run_id)).toEqual({})
})

test("results that were taken over again and again come from where they were made, those of items by their own", async () => {
  const first = await given.run(engine, {
    list: { uses: "noop" },
    shard: { uses: "noop", needs: ["list"], for_each: ["a", "b", "c"] },
    all: { uses: "noop", needs: ["list"], for_each: ["a", "b"] },
    last: { uses: "noop", needs: ["shard", "all"] },
  })
  await work("shard[1]", "shard[2]")
  const second = await rerun(first, "shard[2]")
  const kept = ["all", "all[0]", "all[1]", "list"]
  expect(await originsOf(second)).toEqual({ [first]: [...kept, "shard[0]"] })
  const third = await rerun(second, "last")
  expect(await originsOf(third)).toEqual({
    [second]: ["all", "list", "shard[0]", "shard[1]"],
    [first]: [...kept, "shard[0]"],
  })
  const fourth = await rerun(third)
  const made = await originsOf(fourth)
  expect(made[third]).toContain("shard[2]")
  expect(made[second]).toEqual(["all", "list", "shard[0]", "shard[1]"])
  expect(made[first]).toEqual([...kept, "shard[0]"])
})

test("another workspace's run is not there", async () => {
  const run_id = await given.run(engine, { a: { uses: "noop" } })
  const foreign = { ...actor, workspace_id: crypto.randomUUID() }
  expect(listOrigins(engine.database)(foreign, run_id)).rejects.toMatchObject({ code: "run.not_found" })
})
