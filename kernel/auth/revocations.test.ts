import { expect, test } from "bun:test"
import type { Actor } from "./actor.ts"
import { revocations } from "./revocations.ts"

const actorOf = (grant_id: string): Actor => ({
  ...{ kind: "user", user_id: `user of ${grant_id}`, email: "a@example.test", role: "viewer" },
  ...{ workspace_id: "here", grant_id },
})

/** A feed whose answers, failures and time are the test's. */
const feed = () => {
  const state = { now_ms: 0, subjects: [] as string[], fails: false, asked: 0 }
  const list = (cursor: string) => {
    state.asked += 1
    if (state.fails) return Promise.reject(new Error("away"))
    const subjects = state.subjects.splice(0)
    return Promise.resolve({ cursor: String(Number(cursor) + 1), subjects })
  }
  return { state, doubts: revocations(list, () => state.now_ms) }
}

test("what is revoked is doubted half a second later: by its session, its user and its workspace", async () => {
  const { state, doubts } = feed()
  expect(await doubts(actorOf("one"))).toBe(false)
  for (const subject of ["one", "user of one", "here"]) {
    const { state: fresh, doubts: doubtsFresh } = feed()
    expect(await doubtsFresh(actorOf("one"))).toBe(false)
    fresh.subjects.push(subject)
    fresh.now_ms += 500
    expect(await doubtsFresh(actorOf("one"))).toBe(true)
    expect(await doubtsFresh({ ...actorOf("two"), workspace_id: "there" })).toBe(false)
  }
  expect(state.asked).toBe(1)
})

test("many requests ask once, and none asks while what is known is fresh", async () => {
  const { state, doubts } = feed()
  await Promise.all(Array.from({ length: 50 }, () => doubts(actorOf("one"))))
  expect(state.asked).toBe(1)
  state.now_ms += 299
  await doubts(actorOf("one"))
  expect(state.asked).toBe(1)
  state.now_ms += 1
  await doubts(actorOf("one"))
  expect(state.asked).toBe(2)
})

test("a doubt is kept for as long as an access token could be valid, and no longer", async () => {
  const { state, doubts } = feed()
  state.subjects.push("one")
  expect(await doubts(actorOf("one"))).toBe(true)
  state.now_ms += 15 * 60_000
  expect(await doubts(actorOf("one"))).toBe(true)
  state.now_ms += 61_000
  await doubts(actorOf("one"))
  state.now_ms += 500
  expect(await doubts(actorOf("one"))).toBe(false)
})

test("more than can be remembered makes everybody doubted, rather than let somebody through", async () => {
  const { state, doubts } = feed()
  state.subjects.push(...Array.from({ length: 50_001 }, (_, index) => `session ${index}`))
  expect(await doubts(actorOf("nobody's"))).toBe(true)
  state.now_ms += 16 * 60_000 + 1
  expect(await doubts(actorOf("nobody's"))).toBe(false)
})

test("without identity one goes on for a minute, and then refuses; who never heard of it refuses at once", async () => {
  const { state, doubts } = feed()
  await doubts(actorOf("one"))
  state.fails = true
  state.now_ms += 59_000
  expect(await doubts(actorOf("one"))).toBe(false)
  state.now_ms += 2_000
  await expect(doubts(actorOf("one"))).rejects.toMatchObject({ code: "platform.unavailable" })
  state.fails = false
  state.now_ms += 500
  expect(await doubts(actorOf("one"))).toBe(false)
  const silent = feed()
  silent.state.fails = true
  await expect(silent.doubts(actorOf("one"))).rejects.toMatchObject({ code: "platform.unavailable" })
})
