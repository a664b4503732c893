import { expect, test } from "bun:test"
import { createPrecedence } from "./precedence.ts"

const given = () => {
  const { creating, settling } = createPrecedence(10)
  const begun: string[] = []
  const held = (name: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const begin = () => {
      begun.push(name)
      return promise
    }
    return { begin, end: () => resolve(name), fail: () => reject(new Error(name)) }
  }
  const create = (name: string) => {
    const work = held(name)
    return { ...work, ended: creating(work.begin) }
  }
  const settle = (name: string, count: number) => {
    const work = held(name)
    return { ...work, ended: settling(count, work.begin) }
  }
  /** Nothing here waits for anything but promises. */
  const idle = () => new Promise((resolve) => setImmediate(resolve))
  return { begun, create, settle, idle }
}

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

test("what waited goes as soon as the last is created, and a failure holds nothing back", async () => {
  const { begun, create, settle, idle } = given()
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
  expect(begun).toEqual(["one", "other", "a", "b", "c"])
})
