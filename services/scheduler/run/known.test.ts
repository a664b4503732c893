import { expect, test } from "bun:test"
import { randomUUID } from "node:crypto"
import type { RunRow } from "../step/rows.ts"
import { createKnownRuns } from "./known.ts"

const runWith = (inputs: RunRow["inputs"], revision = 0): RunRow => ({
  ...{ id: randomUUID(), workspace_id: randomUUID(), workflow: "test", version: 1, plan_id: "plan" },
  ...{ inputs, traceparent: null, trigger: "manual", gate_key: null, started_at: null },
  ...{ status: "running", reason: null, bad: 0, seq: 0, open: 0, revision },
})

test("the larger its inputs, the fewer runs are known, and the last ones always", () => {
  const knownOf = (inputs: () => RunRow["inputs"]) => {
    const known = createKnownRuns()
    const runs = Array.from({ length: 2_000 }, () => runWith(inputs()))
    for (const run of runs) known.keep({ run, open: undefined })
    return runs.map(({ id }) => known.peek(id) !== undefined)
  }
  expect(knownOf(() => ({}))).not.toContain(false)
  const large = knownOf(() => ({ text: "x".repeat(100_000) }))
  expect(large.filter(Boolean).length).toBeLessThan(400)
  expect(large.slice(-100)).not.toContain(false)
})

test("what an older step knew of a run doesn't take the place of what a newer one knows", () => {
  const known = createKnownRuns()
  const newer = runWith({}, 2)
  known.keep({ run: newer, open: new Map() })
  known.keep({ run: { ...newer, revision: 1 }, open: new Map() })
  known.outdated(newer.id, 1)
  expect(known.peek(newer.id)?.run.revision).toBe(2)
  known.outdated(newer.id, 3)
  expect(known.peek(newer.id)).toBeUndefined()
})
