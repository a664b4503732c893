import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { shellsForTests } from "#deploy/engines/testing/shells.ts"
import { until } from "#kernel/testing/until.ts"
import { sitAtShell, type Typist } from "./typist.ts"

const shells = await shellsForTests()
const run_id = "01a1fd28-f38e-7000-9e0d-fb7ee7200000"

/** Names as nobody should choose them, and others as no platform would let anybody choose them. */
const sound = [
  "plain.csv",
  "two words.csv",
  "co:lon.csv",
  `quo"te's.csv`,
  "dollar$(touch pwned).csv",
  "tick`touch pwned`.csv",
  "semi; touch pwned",
  "ex!clam.csv",
  "back\\slash.csv",
  "ünï.csv",
]
const unsound = ["evil\u001b]52;c;aGk=\u0007", "evil\nnext", "evil\ttab", "--evil", "\u202eevil", ""]

let asked = 0
let is_silent = false
const page = (items: readonly object[]) => Response.json({ items, next_cursor: null })

const answer = (path: string): Response => {
  if (path === "/api/v1/workflows")
    return page([
      { name: "nightly", version: 3 },
      { name: "nightly-report", version: 1 },
    ])
  if (path === "/api/v1/runs")
    return page([{ id: run_id, workflow: "nightly", status: "failed", created_at: "" }])
  if (path === `/api/v1/runs/${run_id}/artifacts`)
    return page([...sound, ...unsound].map((name) => ({ name, size_bytes: 7 })))
  if (path === `/api/v1/runs/${run_id}/tasks`)
    return page([
      { task: "shard[0]", status: "failed" },
      { task: "$(touch pwned)", status: "failed" },
    ])
  return Response.json({ title: "no" }, { status: 404 })
}

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch({ url }) {
    asked += 1
    return is_silent ? new Promise<Response>(() => undefined) : answer(new URL(url).pathname)
  },
})
const sitting: Typist[] = []
afterAll(async () => {
  for (const at of sitting) await at.leave()
  await server.stop(true)
})

const environment = { WF_URL: `http://127.0.0.1:${server.port}`, WF_TOKEN: "t" }

for (const shell of ["bash", "zsh", "fish"] as const) {
  describe.skipIf(shells === undefined)(shell, () => {
    let at: Typist
    beforeAll(async () => {
      if (!shells) return
      at = await sitAtShell(shell, shells[shell], environment)
      sitting.push(at)
    }, 30_000)

    test("completes commands, verbs, options and their values", async () => {
      expect(await at.called("wf dead-\tli\t --qu\tmail\r")).toEqual([
        "dead-letters",
        "list",
        "--queue",
        "mail",
      ])
      expect(await at.called("wf logs x --lev\tde\t\r")).toEqual(["logs", "x", "--level", "debug"])
      expect(await at.called("wf logs x --level=wa\t\r")).toEqual(["logs", "x", "--level=warn"])
    })

    test("completes what the platform knows", async () => {
      expect(await at.called("wf runs show 01a1\t\r")).toEqual(["runs", "show", run_id])
      expect(await at.called("wf workflows show nightly-\t\r")).toEqual([
        "workflows",
        "show",
        "nightly-report",
      ])
      expect(await at.called(`wf logs ${run_id} --task sha\t\r`)).toEqual([
        "logs",
        run_id,
        "--task",
        "shard[0]",
      ])
    })

    test("completes files where files go, with names of workflows where both do", async () => {
      writeFileSync(join(at.folder, "own flow.yml"), "")
      writeFileSync(join(at.folder, "data.txt"), "")
      expect(await at.called("wf validate dat\t\r")).toEqual(["validate", "data.txt"])
      expect(await at.called("wf run own\t\r")).toEqual(["run", "own flow.yml"])
      expect(await at.called("wf run nightly-\t\r")).toEqual(["run", "nightly-report"])
    })

    test.each(sound)("puts %s into the line as one word, and runs nothing of it", async (name) => {
      const typed = name.slice(0, 2)
      expect(await at.called(`wf artifacts download ${run_id} ${typed}\t\r`)).toEqual([
        ...["artifacts", "download", run_id, name],
      ])
      expect(existsSync(join(at.folder, "pwned"))).toBe(false)
    })

    test("shows all of them, and nothing that steers the terminal", async () => {
      at.type("\u000c")
      await until("the screen is empty", () => /^READY>\s*$/.test(at.screen().trim()))
      const before = at.written().length
      at.type(`wf artifacts download ${run_id} \t\t`)
      await at.shows("plain.csv")
      await at.shows("back")
      at.type("\u0015\u000c")
      await until("the line is empty", () => /^READY>\s*$/.test(at.screen().trim()), 15_000)
      const written = at.written().slice(before)
      for (const bad of ["evil", "]52", "aGk="]) expect(written).not.toContain(bad)
      if (shell !== "bash") expect(written).toContain("7 bytes")
    })
  })
}

describe.skipIf(shells === undefined)("in bash", () => {
  test.each([
    [`"two`, "two words.csv"],
    ["'two", "two words.csv"],
    ["two\\ w", "two words.csv"],
    [`"quo`, `quo"te's.csv`],
    ["'quo", `quo"te's.csv`],
    [`"dollar`, "dollar$(touch pwned).csv"],
    [`"ex`, "ex!clam.csv"],
    ["co:", "co:lon.csv"],
    ["co\\:", "co:lon.csv"],
    [`"co:l`, "co:lon.csv"],
  ])("what was begun as %s is ended as it was begun", async (typed, name) => {
    const at = sitting[0]
    const words = await at?.called(`wf artifacts download ${run_id} ${typed}\t\r`)
    expect(words).toEqual(["artifacts", "download", run_id, name])
    expect(existsSync(join(at?.folder ?? "", "pwned"))).toBe(false)
  })

  test("a platform that doesn't answer costs half a second once, and says nothing", async () => {
    if (!shells) return
    is_silent = true
    const at = await sitAtShell("bash", shells.bash, environment)
    sitting.push(at)
    const asked_before = asked
    const begun = performance.now()
    expect(await at.called("wf queues show ma\tx\r")).toEqual(["queues", "show", "max"])
    expect(await at.called("wf queues show ma\ty\r")).toEqual(["queues", "show", "may"])
    expect(performance.now() - begun).toBeLessThan(5_000)
    expect([asked - asked_before, at.screen().match(/wf:|error/i)]).toEqual([1, null])
    is_silent = false
    await until("it is answered again", async () => (await fetch(environment.WF_URL)).status === 404)
  })
})
