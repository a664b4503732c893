import { expect, test } from "bun:test"
import { Problem } from "#kernel/problem/problem.ts"
import { until } from "#kernel/testing/until.ts"
import { archivedWorkspaces, barredOf } from "./archived.ts"

const answer = (archived: boolean) => ({ known: true, archived, slug: "", name: "", role: "" })

const asking = () => {
  const state = { asked: 0, archived: false, fault: undefined as unknown, now_ms: 0 }
  const iam = {
    getWorkspaceContext: async () => {
      state.asked += 1
      if (state.fault) throw state.fault
      return answer(state.archived) as never
    },
  }
  return { state, isArchived: archivedWorkspaces(iam, () => state.now_ms) }
}

test("identity is asked twice a second at most, and what has changed counts a second later at the latest", async () => {
  const { state, isArchived } = asking()
  expect([await isArchived("a"), await isArchived("a"), state.asked]).toEqual([false, false, 1])
  state.archived = true
  state.now_ms = 499
  expect([await isArchived("a"), state.asked]).toEqual([false, 1])
  state.now_ms = 999
  expect([await isArchived("a"), state.asked]).toEqual([false, 2])
  await until("the new answer is there", () => isArchived("a"))
  expect(state.asked).toBe(2)
  state.archived = false
  state.now_ms = 1_999
  expect([await isArchived("a"), state.asked]).toEqual([false, 3])
})

test("while identity is away what was known counts for a minute, and then nothing is begun", async () => {
  const { state, isArchived } = asking()
  await isArchived("a")
  state.fault = new Problem("platform.unavailable")
  state.now_ms = 59_999
  expect(await isArchived("a")).toBe(false)
  state.now_ms = 60_000
  expect(isArchived("a")).rejects.toMatchObject({ code: "platform.unavailable" })
  expect(isArchived("unheard of")).rejects.toMatchObject({ code: "platform.unavailable" })
})

test("only what nobody asked for by hand is looked at, and each workspace for itself", async () => {
  const isArchived = async (id: string) => {
    if (id === "away") throw new Problem("platform.unavailable")
    return id === "archived"
  }
  const requests = [
    { workspace_id: "archived", automatic: {} },
    { workspace_id: "away", automatic: {} },
    { workspace_id: "open", automatic: {} },
    { workspace_id: "by hand" },
  ]
  const barred = await barredOf(isArchived, requests)
  expect([...barred].map(([id, { code }]) => [id, code])).toEqual([
    ["archived", "workspace.archived"],
    ["away", "platform.unavailable"],
  ])
})
