import { beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import { platform, type UnderTest } from "./platform.ts"
import { sitAt } from "./terminal.ts"

let it: UnderTest
beforeAll(async () => {
  it = await platform()
}, 120_000)

const folder = mkdtempSync(join(tmpdir(), "wf-e2e-live-"))

const file = (name: string, lines: readonly string[]): string => {
  const path = join(folder, `${name}.yml`)
  writeFileSync(path, [`name: ${name}`, "tasks:", ...lines.map((line) => `  ${line}`), ""].join("\n"))
  return path
}

const usual = { columns: 80, rows: 24 }

const shipping = () =>
  file("shipping", [
    "make: { run: echo made }",
    'check: { needs: [make], run: "echo looking; echo no such table >&2; exit 3" }',
    'shard: { needs: [make], for_each: [a, b, c], run: "echo part" }',
    'sign: { needs: [make], uses: approval, with: { roles: [viewer], message: "Ship it?" } }',
    'ship: { needs: [sign, shard], run: "echo shipped" }',
  ])

describe("a run at a terminal", () => {
  test("is seen as it goes on, is moved on by a key, and leaves its summary", async () => {
    const at = sitAt(it, ["run", shipping()], usual)
    await at.shows("Ship it?")
    await at.shows("no such table")
    await at.shows(/3\/3 items/)
    const screen = at.screen()
    expect(screen).toHaveLength(usual.rows)
    expect(screen[0]).toMatch(/^shipping v1 {2}running \d+\.\ds {2}[0-9a-f-]{36}$/)
    expect(screen.find((line) => line.includes("│ no such table"))).toBeDefined()
    expect(screen.at(-1)).toStartWith("a approve · x reject")
    at.press("a")
    expect(await at.ended).toBe(1)
    await at.shows("✗ shipping failed")
    const left = at.left().join("\n")
    expect(left).toContain("✓ ship ")
    expect(left).toContain("│ shipped")
    expect(left).toContain("check: exit code 3: no such table")
    expect(left).not.toContain("a approve")
  })

  test("stays readable when the terminal becomes small, and large again", async () => {
    const at = sitAt(it, ["run", shipping()], { columns: 200, rows: 60 })
    await at.shows("Ship it?")
    for (const size of [
      { columns: 40, rows: 10 },
      { columns: 20, rows: 5 },
      { columns: 120, rows: 20 },
    ]) {
      at.resize(size)
      await until("it is drawn anew", () => {
        const screen = at.screen()
        return /^a approve/.test(screen.at(-1) ?? "") && /^shipping v/.test(screen[0] ?? "")
      })
      expect(at.screen()).toHaveLength(size.rows)
    }
    at.press("x")
    expect(await at.ended).toBe(1)
  })

  test("is left by q and Ctrl-C, and goes on; c asks, and cancels it", async () => {
    const path = file("long", ["wait: { uses: signal, with: { name: go } }"])
    const run_id = (await it.wf(["run", path, "--detach"])).stdout.trim()
    for (const key of ["q", "\u0003"]) {
      const at = sitAt(it, ["watch", run_id], usual)
      await at.shows("the signal go")
      at.press(key)
      expect(await at.ended).toBe(130)
      await at.shows("The run goes on")
      expect(at.written().match(/\u001b\[\?1049[hl]/g)).toEqual(["\u001b[?1049h", "\u001b[?1049l"])
      expect(at.written()).toEndWith("\r\n")
    }
    const at = sitAt(it, ["watch", run_id], usual)
    await at.shows("the signal go")
    at.press("c")
    await at.shows("Cancel this run?")
    at.press("n")
    await at.shows("c cancel")
    expect((await it.client.runs.get(run_id)).status).toBe("running")
    at.press("cy")
    expect(await at.ended).toBe(3)
  })

  test("opens a log, the keys and items, and closes them again", async () => {
    const path = file("talks", [
      'talk: { run: "seq 100; sleep 60" }',
      'shard: { for_each: [a, b], run: "echo part; sleep 60" }',
    ])
    const at = sitAt(it, ["run", path], usual)
    await at.shows("talk")
    at.press("gl")
    await at.shows(/log of talk[\s\S]*100/)
    at.press("\u001b")
    await at.shows("enter open")
    at.press("?")
    await at.shows("read its log as it comes")
    at.press("\u001b")
    await at.shows("enter open")
    at.press("j\r")
    await at.shows("shard[1]")
    at.press("h")
    await until("they are closed", () => !at.screen().join("\n").includes("shard[1]"))
    at.press("cy")
    expect(await at.ended).toBe(3)
  })

  test("with hundreds of tasks shows those around the one that is chosen", async () => {
    const names = Array.from({ length: 500 }, (_, index) => `t${String(index).padStart(3, "0")}`)
    const path = file("wide", [
      "gate: { uses: signal, with: { name: go } }",
      ...names.map((name) => `${name}: { needs: [gate], run: echo 1 }`),
    ])
    const at = sitAt(it, ["run", path], usual)
    await at.shows("0/501")
    expect(at.screen().at(-2)).toMatch(/… \d+ below/)
    at.press("G")
    await at.shows("t499")
    expect(at.screen().at(-2)).toMatch(/… \d+ above/)
    at.press("g")
    await at.shows("gate")
    at.press("cy")
    expect(await at.ended).toBe(3)
  })

  test("that has failed is run again by a key, and what is watched then is the new one", async () => {
    const mark = join(folder, "mended")
    const path = file("mends", [`mend: { run: "test -e ${mark} || { sleep 3; exit 4; }" }`])
    const at = sitAt(it, ["run", path], usual)
    await at.shows("1 running")
    at.press("g")
    await at.shows("r run again")
    writeFileSync(mark, "")
    at.press("r")
    await at.shows("✓ mends completed")
    expect(await at.ended).toBe(0)
  })
})

test("nothing that a task says moves the cursor or reaches the clipboard", async () => {
  const path = file("evil", [
    "evil:",
    "  run: |",
    "    printf 'a\\033]52;c;ZXZpbA==\\007b\\033[2Jc\\n'",
    "    sleep 1",
    "    printf 'x\\033[H\\033]0;title\\007y\\n' >&2; exit 1",
  ])
  const at = sitAt(it, ["run", path], usual)
  expect(await at.ended).toBe(1)
  const written = at.written()
  for (const forbidden of ["\u001b]52", "\u001b]0;", "ZXZpbA"]) expect(written).not.toContain(forbidden)
})

test.each([
  ["where a machine sits at the terminal", [], { CI: "true" }],
  ["where the terminal can't do more", [], { TERM: "dumb" }],
  ["where it is asked for", ["--plain"], {}],
])("changes come line by line %s", async (_, words, env) => {
  const path = file("plainly", ["one: { run: echo hello }"])
  const at = sitAt(it, ["run", path, ...words], { ...usual, env })
  expect(await at.ended).toBe(0)
  expect(at.written()).not.toContain("\u001b[?1049h")
  for (const line of ["▶ one started", "one │ hello", "✓ one completed"]) expect(at.left()).toContain(line)
})

test("the lines of all runs of a workflow are followed, also of those that begin later; without -f those of the latest", async () => {
  const path = file("chatty", [
    "say: { uses: signal, with: { name: go } }",
    'then: { needs: [say], run: "echo said" }',
  ])
  const first = (await it.wf(["run", path, "--detach"])).stdout.trim()
  const at = sitAt(it, ["logs", "--workflow", "chatty", "-f"], { columns: 120, rows: 24 })
  const second = (await it.wf(["run", path, "--detach"])).stdout.trim()
  for (const run_id of [first, second]) {
    expect((await it.wf(["signal", run_id, "go"])).code).toBe(0)
    await at.shows(`${run_id.slice(0, 13)} then │ said`)
  }
  at.press("\u0003")
  expect(await at.ended).toBe(130)
  const latest = await it.wf(["logs", "--workflow", "chatty"])
  expect(latest.stdout).toBe(`${second}\tthen\tsaid\n`)
  expect((await it.wf(["logs", "--workflow", "nobodys"])).code).toBe(5)
  expect((await it.wf(["logs"])).code).toBe(2)
})
