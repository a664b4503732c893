import { afterAll, beforeAll, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { cleanEnvironment, root, runWf, type Said } from "#tests/e2e/platform.ts"

const home = mkdtempSync(join(tmpdir(), "wf-cli-"))
const run_id = "01a1fd28-f38e-7000-9e0d-fb7ee7200000"

/** A sequence for the clipboard, one that clears the screen, a C1 control, a turn of direction, a return. */
const evil = "\u001b]52;c;aGk=\u0007\u001b[2J\u009b31m\u202eevil\r"

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status })

const broken = () =>
  new Response(
    new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"items":[')),
      pull: (controller) => controller.close(),
    }),
    { headers: { "content-type": "application/json" } },
  )

const evil_run = {
  id: run_id,
  workflow: evil,
  version: 1,
  status: "failed",
  reason: evil,
  outputs: { [evil]: evil },
  created_at: "2026-01-01T00:00:00.000Z",
  started_at: null,
  finished_at: null,
  tasks: [
    { id: evil, run_id, task: evil, status: "failed", attempt: 1, error: { code: evil, message: evil } },
  ],
}

const evil_problem = {
  type: evil,
  title: evil,
  detail: evil,
  code: evil,
  next: evil,
  errors: [{ path: evil, message: evil }],
}

/** What stands at the address, chosen by the token that the CLI is given. */
const answers: Readonly<Record<string, (path: string) => Response>> = {
  html: () => new Response("<html><h1>It works!</h1></html>", { headers: { "content-type": "text/html" } }),
  bytes: () => new Response(new Uint8Array([0xff, 0, 0x1b, 0x9b])),
  empty: () => new Response(""),
  null: () => json(null),
  text: () => json("hello"),
  cut: broken,
  page500: () => new Response(`broken ${evil}`, { status: 500 }),
  problem: () => json(evil_problem, 422),
  numbers: () => json({ ...evil_problem, title: 5, detail: {}, next: [], errors: "none" }, 422),
  list: () => json([1], 404),
  loop: () => new Response(null, { status: 302, headers: { location: "/again" } }),
  later: () => new Response("{}", { status: 503, headers: { "retry-after": "86400" } }),
  evil: (path) => (path === "/api/v1/runs" ? json({ items: [evil_run], next_cursor: null }) : json(evil_run)),
}

const followed = Promise.withResolvers<void>()

/** A stream of events in which nothing happens. */
const silent = () => {
  followed.resolve()
  return new Response(
    new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from(": here\n\n")) }),
    {
      headers: { "content-type": "text/event-stream" },
    },
  )
}

let server: ReturnType<typeof Bun.serve>
beforeAll(() => {
  server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      const token = request.headers.get("authorization")?.split(" ")[1] ?? ""
      if (token === "silent") return silent()
      return answers[token]?.(new URL(request.url).pathname) ?? json({}, 404)
    },
  })
})
afterAll(async () => {
  await server.stop(true)
  rmSync(home, { recursive: true, force: true })
})

const wf = (words: readonly string[], token: string): Promise<Said> =>
  runWf(words, {
    env: { ...cleanEnvironment(home), WF_URL: `http://127.0.0.1:${server.port}`, WF_TOKEN: token },
  })

const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/

const isPlain = ({ stdout, stderr }: Said): void => {
  expect(stdout).not.toMatch(controls)
  expect(stderr).not.toMatch(controls)
  expect(stderr).not.toContain("this is a bug")
  expect(stderr).not.toMatch(/^\s+at .+:\d+/m)
}

const refusals = Object.keys(answers).filter((token) => token !== "evil")

for (const token of refusals) {
  test(`a server that answers \`${token}\` is met with one clear paragraph`, async () => {
    for (const words of [
      ["runs", "list"],
      ["runs", "show", run_id],
      ["workflows", "list", "--json"],
    ]) {
      const said = await wf(words, token)
      isPlain(said)
      expect(said.stdout).toBe("")
      expect(said.stderr).toStartWith("wf: ")
      expect(said.code).toBeGreaterThan(0)
    }
  })
}

test("names and messages of a server can't turn the terminal, in tables, in JSON or in fields", async () => {
  for (const words of [
    ["runs", "list"],
    ["runs", "list", "--json"],
    ["runs", "show", run_id],
    ["runs", "show", run_id, "--json"],
    ["runs", "show", run_id, "--field", "outputs"],
  ]) {
    const said = await wf(words, "evil")
    isPlain(said)
    expect([words, said.code, said.stdout.includes("evil")]).toEqual([words, 0, true])
  }
  const shown = JSON.parse((await wf(["runs", "show", run_id, "--json"], "evil")).stdout) as {
    reason: string
  }
  expect(shown.reason).toBe(evil)
})

test("a file of profiles that is garbage is named, with what to do about it", async () => {
  const config = join(home, "garbage")
  mkdirSync(join(config, "wf"), { recursive: true })
  for (const text of ["{", "[]", '{"profiles":{"a":5}}', "\0"]) {
    writeFileSync(join(config, "wf/profiles.json"), text)
    const said = await runWf(["runs", "list"], {
      env: { ...cleanEnvironment(home), XDG_CONFIG_HOME: config },
    })
    isPlain(said)
    expect([said.code, said.stderr]).toEqual([2, expect.stringContaining("profiles.json")])
  }
})

test("a file of profiles that can't be read is named", async () => {
  const env = { ...cleanEnvironment(home), XDG_CONFIG_HOME: join(home, "folder") }
  mkdirSync(join(home, "folder/wf/profiles.json"), { recursive: true })
  const said = await runWf(["runs", "list"], { env })
  isPlain(said)
  expect([said.code, said.stderr]).toEqual([2, expect.stringContaining("profiles.json")])
})

test("a place for the output that is full ends the command with a word about it", async () => {
  const command = [process.execPath, join(root, "cli/main.ts"), "runs", "list"]
  const env = {
    ...cleanEnvironment(home),
    WF_URL: `http://127.0.0.1:${server.port}`,
    WF_TOKEN: "evil",
  }
  const child = Bun.spawn(command, { env, stdout: Bun.file("/dev/full"), stderr: "pipe" })
  const stderr = await new Response(child.stderr).text()
  expect([await child.exited, stderr]).toEqual([
    1,
    expect.stringMatching(/^wf: The output can't be written: .+\n$/),
  ])
})

test("Ctrl-C while following says that the run goes on, and how to come back to it", async () => {
  const command = [process.execPath, join(root, "cli/main.ts"), "watch", run_id]
  const env = { ...cleanEnvironment(home), WF_URL: `http://127.0.0.1:${server.port}`, WF_TOKEN: "silent" }
  const child = Bun.spawn(command, { env, stdout: "pipe", stderr: "pipe" })
  await followed.promise
  child.kill("SIGINT")
  const stderr = await new Response(child.stderr).text()
  expect([await child.exited, stderr]).toEqual([130, expect.stringContaining(`wf watch ${run_id}`)])
})
