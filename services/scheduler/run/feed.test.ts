import { expect, test } from "bun:test"
import { createFeed, type News } from "./feed.ts"

const run = { id: "run", workspace_id: "own" }

const news = (from: number, to = from, ended = false): News => ({
  at: "2026-01-01T00:00:00.000Z",
  facts: Array.from({ length: to - from + 1 }, (_, index) => ({
    ...{ seq: from + index, type: "task.started", task: "one", status: "running", data: {} },
  })),
  ended,
})

const seqs = (told: readonly News[] | undefined) => told?.flatMap(({ facts }) => facts.map(({ seq }) => seq))

test("all that was told of a run since its beginning is known, to its workspace alone", () => {
  const feed = createFeed()
  feed.publish(run, news(1, 2))
  feed.publish(run, news(3, 3, true))
  expect(seqs(feed.toldOf(run))).toEqual([1, 2, 3])
  expect(feed.toldOf(run)?.map(({ ended }) => ended)).toEqual([false, true])
  expect(feed.toldOf({ ...run, workspace_id: "other" })).toBeUndefined()
  expect(feed.toldOf({ ...run, id: "other" })).toBeUndefined()
})

test("what is not whole is not kept", () => {
  const feed = createFeed()
  feed.publish(run, news(2))
  expect(feed.toldOf(run)).toBeUndefined()
  feed.publish(run, news(1))
  feed.publish(run, news(3))
  expect(feed.toldOf(run)).toBeUndefined()
  feed.publish(run, news(4))
  expect(feed.toldOf(run)).toBeUndefined()
})

test("a large run, and those of long ago, are the database's to tell", () => {
  const feed = createFeed()
  feed.publish(run, news(1, 60))
  feed.publish(run, news(61, 120))
  expect(feed.toldOf(run)).toBeUndefined()
  const others = Array.from({ length: 2_001 }, (_, index) => ({ ...run, id: `run ${index}` }))
  for (const one of others) feed.publish(one, news(1))
  const told = others.map((one) => feed.toldOf(one) !== undefined)
  expect(told.lastIndexOf(false)).toBeLessThan(1_001)
  expect(told.slice(-1_000)).not.toContain(false)
  expect(told).toContain(false)
})

test("a follower is told in order, and hears when it has waited in vain or was too slow", async () => {
  const feed = createFeed()
  const leaving = new AbortController()
  const follower = feed.subscribe({ run_id: run.id, wait_ms: 1, signal: leaving.signal })
  expect(await follower.next()).toBeUndefined()
  expect(await follower.next()).toBeUndefined()
  const waiting = follower.next()
  feed.publish(run, news(1))
  expect(seqs(await waiting)).toEqual([1])
  for (let seq = 2; seq < 300; seq += 1) feed.publish(run, news(seq))
  expect(await follower.next()).toBeUndefined()
  feed.publish(run, news(300))
  expect(seqs(await follower.next())).toEqual([300])
  follower.close()
})

test("who leaves doesn't wait", async () => {
  const feed = createFeed()
  const leaving = new AbortController()
  const follower = feed.subscribe({ run_id: run.id, wait_ms: 60_000, signal: leaving.signal })
  const waiting = follower.next()
  leaving.abort()
  expect(await waiting).toBeUndefined()
  expect(await follower.next()).toBeUndefined()
  follower.close()
})

const aTurn = () => new Promise((resolve) => setImmediate(resolve))

test("what isn't the end comes with what follows it soon; the end comes at once, with all before it", async () => {
  const feed = createFeed()
  const { signal } = new AbortController()
  const follower = feed.subscribe({ run_id: run.id, wait_ms: 60_000, signal })
  const begun = follower.next()
  feed.publish(run, news(1))
  await aTurn()
  feed.publish(run, news(2, 3))
  expect(seqs(await begun)).toEqual([1, 2, 3])
  let ended: readonly News[] | undefined
  void follower.next().then((whole) => {
    ended = whole
  })
  feed.publish(run, news(4))
  feed.publish(run, news(5, 5, true))
  await aTurn()
  expect(seqs(ended)).toEqual([4, 5])
  follower.close()
})

test("who comes late in a round is not told at the end of that one", async () => {
  const feed = createFeed()
  const { signal } = new AbortController()
  const following = (run_id: string) => feed.subscribe({ run_id, wait_ms: 60_000, signal })
  const [early, late] = [following("early"), following("late")]
  const told: string[] = []
  const [first, second] = [early.gathered(), late.gathered()]
  void first.then(() => told.push("early"))
  void second.then(() => told.push("late"))
  await first
  await aTurn()
  expect(told).toEqual(["early"])
  await second
  early.close()
  late.close()
})
