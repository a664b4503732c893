import { beforeAll, expect, test } from "bun:test"
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
