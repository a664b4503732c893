import { beforeAll, describe, expect, test } from "bun:test"
import { platform, type UnderTest } from "./platform.ts"

let it: UnderTest
beforeAll(async () => {
  it = await platform()
}, 120_000)

const figures = (text: string): Record<string, number> => JSON.parse(text) as Record<string, number>

describe("wf bench sequences", () => {
  test("starts them, waits for their ends and prints what it measured", async () => {
    const words = ["bench", "sequences", "--count", "200", "--steps", "3", "--concurrency", "20", "--json"]
    const { code, stdout } = await it.wf(words)
    expect(code).toBe(0)
    expect(figures(stdout)).toMatchObject({ created: 200, done: 200, completed: 200, failed: 0 })
  })

  test("refuses a length that no sequence has", async () => {
    const { code, stderr } = await it.wf(["bench", "sequences", "--steps", "1001"])
    expect([code, stderr.includes("--steps")]).toEqual([2, true])
  })
})

describe("wf bench jobs", () => {
  test("creates them, waits for their ends and prints what it measured", async () => {
    const { code, stdout } = await it.wf(["bench", "jobs", "--count", "200", "--concurrency", "20", "--json"])
    expect(code).toBe(0)
    expect(figures(stdout)).toMatchObject({ created: 200, done: 200, completed: 200, dead_letters: 0 })
    expect(figures(stdout).created_per_second).toBeGreaterThan(0)
  })

  test("in a pipe prints a name and a value a line", async () => {
    const { stdout, stderr } = await it.wf(["bench", "jobs", "--count", "10"])
    expect(stdout).toStartWith("created\t10\n")
    expect(stdout).toContain("\ndead_letters\t0\n")
    expect(stderr).toBe("")
  })

  test("tells the share of flaky ones that end as dead letters", async () => {
    const words = ["bench", "jobs", "--count", "100", "--flaky", "0.4", "--json"]
    const { code, stdout } = await it.wf(words)
    const { flaky = 0, completed = 0, dead_letters = 0, flaky_dead_letter_share = 0 } = figures(stdout)
    expect([code, flaky, completed + dead_letters]).toEqual([0, 40, 100])
    expect(flaky_dead_letter_share).toBe(dead_letters / 40)
  })

  test("refuses to count dead letters of flaky ones among others that are flaky", async () => {
    const { code, stdout, stderr } = await it.wf(["bench", "jobs", "--type", "flaky", "--flaky", "0.2"])
    expect([code, stdout]).toEqual([2, ""])
    expect(stderr).toContain("--payload")
  })

  test.each([
    ["--flaky", "1.5"],
    ["--count", "0"],
    ["--concurrency", "some"],
    ["--payload", "{"],
  ])("refuses %s %s as wrong usage", async (option, value) => {
    const { code, stdout, stderr } = await it.wf(["bench", "jobs", option, value])
    expect([code, stdout]).toEqual([2, ""])
    expect(stderr).toContain(option)
  })
})
