import { afterAll, beforeAll, expect, test } from "bun:test"
import type { Definition } from "#language/schema.ts"
import type { Engine } from "../engine.ts"
import { given } from "../given.ts"
import type { TaskRow } from "../step/rows.ts"
import { tasksAsBegun } from "./as-begun.ts"

let engine: Engine & { close(): Promise<void> }
beforeAll(async () => {
  engine = await given.engine()
})
afterAll(() => engine.close())

const diamond: Definition["tasks"] = {
  root: { uses: "noop", priority: 3, queue_timeout: "1h", retries: { max_retries: 7 } },
  left: { uses: "noop", needs: ["root"], queue: "elsewhere" },
  right: { run: "true", needs: ["root"] },
  join: { uses: "noop", needs: ["left", "right"] },
}

test("the tasks of a run that waits are made anew as they were written", async () => {
  const run_id = await given.run(engine, diamond)
  const known = engine.known.peek(run_id)
  expect(known).toMatchObject({ run: { id: run_id, revision: 0 }, open: undefined })
  if (!known) throw new Error("the run is not known")
  const written = await engine.transact(({ rows }) => rows.tasks({ open_of: run_id }))
  const made = tasksAsBegun(known.run, given.plan(diamond))
  const plain = ({ queued_ms: _, ...task }: TaskRow) => ({ ...task, payload: null })
  expect([...(made?.values() ?? [])].map(plain)).toEqual(written.map(plain))
})

test("what a plan doesn't tell is kept", async () => {
  const asleep = await given.run(engine, {
    nap: { uses: "sleep", with: { duration: "1h" } },
    after: { uses: "noop", needs: ["nap"] },
  })
  expect(engine.known.peek(asleep)?.open?.size).toBe(2)
  const run_id = await given.run(engine, diamond)
  await given.work(engine, await given.session(engine))
  expect(engine.known.peek(run_id)).toBeUndefined()
})
