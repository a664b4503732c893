import { beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import { isEmbedded, platform, type UnderTest } from "./platform.ts"
import { sitAt } from "./terminal.ts"

let it: UnderTest
beforeAll(async () => {
  it = await platform()
}, 120_000)

const folder = mkdtempSync(join(tmpdir(), "wf-e2e-set-up-"))

const file = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

describe("--debug", () => {
  test("shows the exchange on stderr, and leaves stdout as it is", async () => {
    const [plain, shown] = [await it.wf(["whoami"]), await it.wf(["whoami", "--debug"])]
    expect([shown.code, shown.stdout, plain.stderr]).toEqual([0, plain.stdout, ""])
    expect(shown.stderr).toMatch(/^> #1 GET http\S+\/api\/v1\/auth\/me$/m)
    expect(shown.stderr).toContain("> authorization: Bearer ***")
    expect(shown.stderr).toMatch(/^< #1 200 after \d+ ms, request [\w-]+$/m)
    expect(shown.stderr).toContain(plain.stdout.split("\t")[0] ?? "?")
    expect(shown.stderr).not.toContain(it.token)
    expect((await it.wf(["whoami"], { env: { WF_DEBUG: "1" } })).stderr).toContain("> #1 GET")
    expect((await it.wf(["whoami"], { env: { WF_DEBUG: "0" } })).stderr).toBe("")
  })

  test("shows no secret that is set, made or given", async () => {
    const set = await it.wf(["secrets", "set", "DEBUG_SECRET", "--debug"], { stdin: "hunter-2-hunter" })
    expect([set.code, set.stderr.includes("hunter-2-hunter")]).toEqual([0, false])
    expect(set.stderr).toContain('"value":"***"')
    const made = await it.wf(["tokens", "create", "debugged", "--debug"])
    const token =
      made.stdout
        .trim()
        .split("\t")
        .find((word) => word.startsWith("wft_")) ?? ""
    expect([made.code, token.length > 10, made.stderr.includes(token)]).toEqual([0, true, false])
    const path = file(
      "kept.yml",
      'name: kept\ntasks: { one: { run: "echo x > a.txt", artifacts: ["a.txt"] } }\n',
    )
    const ran = await it.wf(["run", path, "--debug"])
    expect([ran.code, ran.stderr.includes("(text/event-stream, not shown)")]).toEqual([0, true])
    const run_id = /"id":"([0-9a-f-]{36})"/.exec(ran.stderr)?.[1] ?? ""
    const link = await it.wf(["artifacts", "presign", run_id, "a.txt", "--debug"])
    const signature = new URL(link.stdout.trim()).search.match(/[Ss]ignature=([^&]+)/)?.[1] ?? ""
    expect([link.code, signature.length > 10, link.stderr.includes(signature)]).toEqual([0, true, false])
  })

  test("is shown line by line where a screen would be drawn", async () => {
    const at = sitAt(it, ["top", "--debug"], { columns: 100, rows: 40 })
    expect(await at.ended).toBe(0)
    await until("it is shown", () => at.written().includes("#1 GET"))
    expect(at.written()).not.toContain("\u001b[?1049h")
  })
})

test("what is refused says by which id it is found in the log", async () => {
  for (const words of [
    ["runs", "show", "0198c0de-0000-7000-8000-000000000000"],
    ["workflows", "show", "nobodys"],
    ["secrets", "set", "not a name"],
  ]) {
    const said = await it.wf([...words, "--debug"], { stdin: "x" })
    const [, answered] = /^< #\d+ 4\d\d after \d+ ms, request ([\w-]+)$/m.exec(said.stderr) ?? []
    expect([words, answered]).toEqual([words, expect.any(String)])
    expect(said.stderr.trim()).toEndWith(`(request ${answered})`)
  }
})

test("wf doctor finds a platform that is well to be so, and a token that isn't", async () => {
  const well = await it.wf(["doctor"])
  expect(well.stdout.split("\n").filter((line) => line.startsWith("bad"))).toEqual([])
  expect([well.code, well.stderr]).toEqual([0, ""])
  for (const check of ["connection", "readiness", "identity", "workers"])
    expect(well.stdout).toMatch(new RegExp(`^ok\\t\\w+\\t${check}\\t`, "m"))
  if (isEmbedded) expect(well.stdout).toMatch(/^ok\twork\tevents\tall readers are up to date\t$/m)
  const refused = await it.wf(["doctor"], { env: { WF_TOKEN: "wft_wrong" } })
  expect([refused.code, refused.stdout]).toEqual([1, expect.stringMatching(/^bad\twork\tidentity\t/m)])
})
