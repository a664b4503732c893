import { afterAll, beforeAll, expect, test } from "bun:test"
import type { Engine } from "../engine.ts"
import { given } from "../given.ts"
import { openStep } from "../step/step.ts"
import { claimTasks } from "../task/claim.ts"
import { joinRuns } from "./load.ts"

let engine: Engine & { close(): Promise<void> }
beforeAll(async () => {
  engine = await given.engine()
})
afterAll(() => engine.close())

const wide = { one: { uses: "noop" }, other: { uses: "noop" } }

test.each([
  ["has begun", 1],
  ["waits", 0],
])(
  "what is known of a run that %s is one step's alone from the moment on in which it is found",
  async (_, room) => {
    const run_id = await given.run(engine, wide)
    const session_id = await given.session(engine)
    await claimTasks(engine)({ session_id, room: given.room(room) })
    const run = engine.known.peek(run_id)?.run
    if (!run) throw new Error("the run is not known")
    await engine.transact(async ({ rows }) => {
      const [first, second] = [openStep(rows, engine.kit), openStep(rows, engine.kit)]
      const joined = joinRuns(engine, first, [run])
      // Nobody has waited for anything yet.
      expect(engine.known.peek(run_id)).toBeUndefined()
      await Promise.all([joined, joinRuns(engine, second, [run])])
      expect([...(first.known.get(run_id)?.open.values() ?? [])]).toHaveLength(2)
      expect(second.known.has(run_id)).toBe(false)
    })
  },
)
