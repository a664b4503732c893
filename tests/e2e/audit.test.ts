import { beforeAll, expect, test } from "bun:test"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import { platform, type UnderTest } from "./platform.ts"

let it: UnderTest

/** Through the gateway it is the one that this machine has there. */
const address = /^(?:::ffff:)?\d+(?:\.\d+){3}$/

let env: Record<string, string>

beforeAll(async () => {
  it = await platform()
  await it.wf(["workspaces", "create", "Audited", "--slug", "audited"])
  env = { WF_WORKSPACE: "audited" }
  await it.wf(["members", "invite", "guest@example.test", "--role", "viewer"], { env })
  await it.wf(["workspaces", "rename", "audited", "Audited well"], { env })
}, 120_000)

test("who changed what, and from where, is shown to a person, a pipe and a program", async () => {
  const listed = await it.wf(["audit", "list"], { env })
  const lines = listed.stdout
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => line.split("\t"))
  expect(lines.map(([, who, did, to, details]) => [who, did, to, details])).toEqual([
    ["owner@localhost", "workspace.renamed", "audited", "Audited → Audited well"],
    ["owner@localhost", "invite.created", "guest@example.test", "role: viewer"],
    ["owner@localhost", "workspace.created", "audited", ""],
  ])
  expect(lines.map(([at, , , , , from]) => [at, from])).toEqual(
    Array(3).fill([expect.stringMatching(/^20\d\d-.*Z$/), expect.stringMatching(address)]),
  )
  const chosen = await it.wf(["audit", "list", "--action", "invite.created", "--since", "1h", "--json"], {
    env,
  })
  expect(JSON.parse(chosen.stdout).items).toHaveLength(1)
  expect((await it.wf(["audit", "list", "--until", "1h"], { env })).stdout).toBe("")
  const wrong = await it.wf(["audit", "list", "--action", "everything"], { env })
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("workspace.created")])
  expect((await it.wf(["audit", "list", "--since", "soon"], { env })).code).toBe(2)
})

test("an export is lines of JSON, and who may not read it gets none of it", async () => {
  const exported = await it.wf(["audit", "export"], { env })
  const actions = exported.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).action)
  expect(actions).toEqual(["workspace.renamed", "invite.created", "workspace.created"])
  const made = await it.wf(["tokens", "create", "reader", "--role", "developer"], { env })
  const refused = await it.wf(["audit", "export"], { env: { WF_TOKEN: made.stdout.trim() } })
  expect([refused.code, refused.stdout, refused.stderr]).toEqual([
    4,
    "",
    expect.stringContaining("audit.read"),
  ])
})

test("what is done with workflows, secrets, queues and runs is told there, too, and nowhere else", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wf-e2e-audit-"))
  const file = join(folder, "slow.yaml")
  writeFileSync(file, "name: slow\ntasks:\n  rest: { uses: sleep, with: { duration: 10m } }\n")
  const own = { env: { WF_WORKSPACE: "watched" } }
  await it.wf(["workspaces", "create", "Watched", "--slug", "watched"])
  await it.wf(["push", file], own)
  await it.wf(["push", file], own)
  const run_id = (await it.wf(["run", "slow", "--detach"], own)).stdout.trim()
  for (const verb of ["pause", "pause", "cancel"]) await it.wf([verb, run_id], own)
  await it.wf(["secrets", "set", "KEY"], { ...own, stdin: "hunter-two" })
  await it.wf(["queues", "pause", "mail"], own)
  const lines = await until("all of it is told", async () => {
    const { stdout } = await it.wf(["audit", "list"], own)
    const found = stdout.trimEnd().split("\n")
    return found.length < 6 ? undefined : found.map((line) => line.split("\t"))
  })
  expect(lines.map(([, who, did, to]) => [who, did, to])).toEqual([
    ["owner@localhost", "queue.paused", "mail"],
    ["owner@localhost", "secret.created", "KEY"],
    ["owner@localhost", "run.cancelled", run_id],
    ["owner@localhost", "run.paused", run_id],
    ["owner@localhost", "workflow.pushed", "slow"],
    ["owner@localhost", "workspace.created", "watched"],
  ])
  for (const [, , , , , from] of lines) expect(from).toMatch(address)
  const chosen = await it.wf(["audit", "list", "--action", "workflow.pushed", "--json"], own)
  expect(JSON.parse(chosen.stdout).items).toMatchObject([{ details: { version: 1 } }])
  const exported = await it.wf(["audit", "export"], own)
  expect(exported.stdout.trimEnd().split("\n")).toHaveLength(6)
  expect(exported.stdout).not.toContain("hunter")
  expect((await it.wf(["audit", "list", "--action", "run.cancelled"], { env })).stdout).toBe("")
})
