import { heapStats } from "bun:jsc"
import { expect, test } from "bun:test"
import { revocation } from "./revocation.ts"

const endless = new Promise<never>(() => undefined)

test("who waits is told of a refusal, and so is whoever waits afterwards", async () => {
  const refusal = new Error("revoked")
  const { during, stop } = revocation(() => Promise.reject(refusal))
  expect(await during(Promise.resolve("before"))).toBe("before")
  await expect(during(endless)).rejects.toBe(refusal)
  await expect(during(Promise.resolve("after"))).rejects.toBe(refusal)
  // What fails once nobody waits for it is nobody's failure.
  await expect(during(Promise.reject(new Error("late")))).rejects.toBe(refusal)
  stop()
})

test("work that fails says so itself", async () => {
  const { during, stop } = revocation(() => Promise.resolve())
  await expect(during(Promise.reject(new Error("broken")))).rejects.toThrow("broken")
  stop()
})

test("nothing is kept of what was waited for", async () => {
  const { during, stop } = revocation(() => Promise.resolve())
  const promisesAfter = async (times: number) => {
    for (let time = 0; time < times; time += 1) await during(Promise.resolve(time))
    Bun.gc(true)
    return heapStats().objectTypeCounts.Promise ?? 0
  }
  const before = await promisesAfter(1_000)
  expect(await promisesAfter(10_000)).toBeLessThan(before + 1_000)
  stop()
})
