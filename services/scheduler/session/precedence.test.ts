import { describe, expect, test } from "bun:test"
import { createPrecedence } from "./precedence.ts"

type Clock = NonNullable<Parameters<typeof createPrecedence>[0]["clock"]>

/** A clock that goes on when it is told to. */
const handClock = () => {
  let time_ms = 0
  let looks: { readonly due_ms: number; readonly look: () => void }[] = []
  const clock: Clock = {
    now_ms: () => time_ms,
    later: (look, ms) => void looks.push({ due_ms: time_ms + ms, look }),
  }
  const pass = (ms: number) => {
    time_ms += ms
    const due = looks.filter(({ due_ms }) => due_ms <= time_ms)
    looks = looks.filter(({ due_ms }) => due_ms > time_ms)
    for (const { look } of due) look()
  }
  return { clock, pass }
}

const given = ({ is_behind = false } = {}) => {
  const { clock, pass } = handClock()
  const { creating, settling, isSettling } = createPrecedence({
    max_beside: 10,
    rests: 3,
    isBehind: () => is_behind,
    clock,
  })
  const begun: string[] = []
  const held = (name: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const begin = () => {
      begun.push(name)
      return promise
    }
    return { begin, end: () => resolve(name), fail: () => reject(new Error(name)) }
  }
  const create = (name: string, count = 1) => {
    const work = held(name)
    return { ...work, ended: creating(count, work.begin) }
  }
  const settle = (name: string, count: number) => {
    const work = held(name)
    return { ...work, ended: settling(count, work.begin) }
  }
  /** Nothing here waits for anything but promises. */
  const idle = () => new Promise((resolve) => setImmediate(resolve))
  return { begun, create, settle, isSettling, idle, pass }
}

test("results are settled until a moment after the last one", async () => {
  const { settle, isSettling, idle, pass } = given()
  expect(isSettling()).toBe(false)
  const one = settle("a", 10)
  await idle()
  pass(1_000)
  expect(isSettling()).toBe(true)
  one.end()
  await one.ended
  pass(19)
  expect(isSettling()).toBe(true)
  pass(1)
  expect(isSettling()).toBe(false)
})

test("results are settled side by side where nobody brings anything", async () => {
  const { begun, settle, idle } = given()
  settle("a", 10)
  settle("b", 10)
  await idle()
  expect(begun).toEqual(["a", "b"])
})

test("beside something that is created so many results are settled at most, in their order", async () => {
  const { begun, create, settle, idle } = given()
  const bringing = create("new")
  const first = settle("a", 6)
  settle("b", 6)
  settle("c", 1)
  await idle()
  expect(begun).toEqual(["new", "a"])
  first.end()
  expect(await first.ended).toBe("a")
  await idle()
  expect(begun).toEqual(["new", "a", "b", "c"])
  bringing.end()
  expect(await bringing.ended).toBe("new")
})

test("one batch goes on, however large it is and however long creating lasts", async () => {
  const { begun, create, settle, idle } = given()
  create("new")
  const large = settle("large", 50)
  settle("small", 1)
  await idle()
  expect(begun).toEqual(["new", "large"])
  large.end()
  await idle()
  expect(begun).toEqual(["new", "large", "small"])
})

test("what waited goes a moment after the last is created, and a failure holds nothing back", async () => {
  const { begun, create, settle, idle, pass } = given()
  const [one, other] = [create("one"), create("other")]
  const failing = settle("a", 10)
  settle("b", 10)
  settle("c", 10)
  one.fail()
  expect(one.ended).rejects.toThrow("one")
  await idle()
  expect(begun).toEqual(["one", "other", "a"])
  failing.fail()
  expect(failing.ended).rejects.toThrow("a")
  await idle()
  expect(begun).toEqual(["one", "other", "a", "b"])
  other.end()
  await idle()
  expect(begun).toEqual(["one", "other", "a", "b"])
  pass(5)
  await idle()
  expect(begun).toEqual(["one", "other", "a", "b", "c"])
})

describe("with a backlog", () => {
  /** One batch is settled while so many are brought, and the next one waits. */
  const settled = async ({ took_ms, brought = 50 }: { took_ms: number; brought?: number }) => {
    const it = given({ is_behind: true })
    const first = it.settle("a", 10)
    await it.idle()
    const bringing = it.create("new", brought)
    it.settle("b", 10)
    it.pass(took_ms)
    first.end()
    const after = async (ms: number): Promise<readonly string[]> => {
      await it.idle()
      it.pass(ms)
      await it.idle()
      return it.begun
    }
    return { bringing, after }
  }

  test("the next batch begins when three times as much time has passed as the last one took, while something is created", async () => {
    const { after } = await settled({ took_ms: 20 })
    expect(await after(59)).toEqual(["a", "new"])
    expect(await after(5)).toEqual(["a", "new", "b"])
  })

  test("a short pause between two that are created is none, and a longer one ends the rest", async () => {
    const { bringing, after } = await settled({ took_ms: 40 })
    bringing.end()
    expect(await after(4)).toEqual(["a", "new"])
    expect(await after(1)).toEqual(["a", "new", "b"])
  })

  test("however long a batch took, the next one doesn't wait as long", async () => {
    const { after } = await settled({ took_ms: 5_000 })
    expect(await after(100)).toEqual(["a", "new", "b"])
  })

  test("the less is brought, the shorter is the rest", async () => {
    const { after } = await settled({ took_ms: 30, brought: 4 })
    expect(await after(0)).toEqual(["a", "new"])
    expect(await after(5)).toEqual(["a", "new", "b"])
  })

  test("batches are settled side by side where nobody brings anything", async () => {
    const { begun, settle, idle } = given({ is_behind: true })
    settle("a", 10)
    settle("b", 10)
    await idle()
    expect(begun).toEqual(["a", "b"])
  })
})
