import { beforeAll, expect, test } from "bun:test"
import { mkdtempSync } from "node:fs"
import { hostname, tmpdir } from "node:os"
import { join } from "node:path"
import { createClient } from "#sdk/index.ts"
import { cleanEnvironment, platform, root, runWf, type UnderTest } from "./platform.ts"

let it: UnderTest

const password = "correct horse battery"

beforeAll(async () => {
  it = await platform()
}, 120_000)

/** `wf login --device` on another machine, up to where it says what to open. */
const begin = async () => {
  const env = cleanEnvironment(mkdtempSync(join(tmpdir(), "wf-device-")))
  const words = [process.execPath, join(root, "cli/main.ts"), "login", "--device", "--url", it.url]
  const child = Bun.spawn(words, { cwd: root, env, stdin: "ignore", stdout: "pipe", stderr: "pipe" })
  const reader = child.stderr.getReader()
  const decoder = new TextDecoder()
  let said = ""
  while (!said.includes("Waiting")) {
    const { done, value } = await reader.read()
    if (done) throw new Error(`it ended: ${said}`)
    said += decoder.decode(value, { stream: true })
  }
  reader.releaseLock()
  const page = /https?:\/\/\S+/.exec(said)?.[0] ?? ""
  return { env, page, code: new URL(page).searchParams.get("user_code") ?? "", ended: child.exited }
}

test("a machine without a browser is signed in by a page on another, with a password", async () => {
  const email = `${crypto.randomUUID()}@example.test`
  await createClient({ url: it.url }).identity.register({ email, password, name: "Ada" })
  const device = await begin()
  const target = device.page.split("?")[0] ?? ""
  const first = await fetch(device.page)
  expect([first.status, first.headers.get("content-security-policy")]).toEqual([
    200,
    expect.stringContaining("default-src 'none'"),
  ])
  const look = await fetch(target, {
    method: "POST",
    body: new URLSearchParams({ user_code: device.code, choice: "look" }),
  })
  const asked = await look.text()
  expect([asked, asked]).toEqual([
    expect.stringContaining(device.code),
    expect.stringContaining(`wf on ${hostname()}`),
  ])
  const body = new URLSearchParams({ user_code: device.code, choice: "approve", email, password })
  expect((await fetch(target, { method: "POST", body })).status).toBe(200)
  expect(await device.ended).toBe(0)
  const whoami = await runWf(["whoami"], { env: device.env })
  expect([whoami.code, whoami.stdout.split("\t")[0]]).toEqual([0, email])
})

test("it is refused by who is signed in elsewhere, and then ends with 4; let in, with 0", async () => {
  const [refused, agreed] = [await begin(), await begin()]
  expect((await it.wf(["account", "approve", refused.code, "--refuse"])).code).toBe(0)
  expect((await it.wf(["account", "approve", agreed.code.toLowerCase()])).code).toBe(0)
  expect([await refused.ended, await agreed.ended]).toEqual([4, 0])
  expect((await runWf(["whoami"], { env: agreed.env })).stdout.split("\t")[0]).toBe("owner@localhost")
  const unknown = await it.wf(["account", "approve", "BBBB-BBBB"])
  expect([unknown.code, unknown.stderr]).toEqual([5, expect.stringContaining("wf login")])
})

test("without a terminal and without a word about how, nothing is waited for", async () => {
  const env = cleanEnvironment(mkdtempSync(join(tmpdir(), "wf-device-")))
  const said = await runWf(["login", "--url", it.url], { env })
  expect([said.code, said.stderr]).toEqual([2, expect.stringContaining("--device")])
})
