import { afterAll, beforeAll, expect, test } from "bun:test"
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { clone, installed, removeFolders, temporaryFolder } from "./checkout.ts"
import { type Ended, endAll, type Launch, up, wf } from "./launched.ts"

let checkout = ""

beforeAll(() => {
  checkout = installed(clone(temporaryFolder()))
}, 60_000)

afterAll(async () => {
  await endAll()
  removeFolders()
})

const newcomer = (): Launch & { readonly data: string } => {
  const home = temporaryFolder()
  return { checkout, home, data: join(home, "data") }
}

/** One paragraph that helps, and nothing for a program that reads stdout. */
const helps = ({ stdout, stderr }: Ended): void => {
  expect(stdout).toBe("")
  expect(stderr).not.toMatch(/^\s+at /m)
  expect(stderr.trim().split("\n").length).toBeLessThanOrEqual(3)
}

const profiles = (home: string) =>
  JSON.parse(readFileSync(join(home, ".config/wf/profiles.json"), "utf8")) as {
    current: string
    profiles: Record<string, { url: string }>
  }

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)

test("the first start keeps its secrets to itself, makes the profile, and says what to do next", async () => {
  const me = newcomer()
  const platform = await up({ ...me, words: ["--data", me.data] })
  expect(platform.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  for (const text of [platform.url, me.data, "./wf run examples/hello.yml", "Ctrl-C stops it."]) {
    expect(platform.stderr()).toContain(text)
  }
  expect(["token", "key", "log"].map((name) => modeOf(join(me.data, name)))).toEqual(["600", "600", "600"])
  expect(readFileSync(join(me.data, "url"), "utf8")).toBe(`${platform.url}\n`)
  expect(readFileSync(join(me.data, "pid"), "utf8")).toBe(`${platform.pid}\n`)
  expect(profiles(me.home)).toMatchObject({ current: "local", profiles: { local: { url: platform.url } } })
  const ran = await wf({ ...me, words: ["run", "examples/hello.yml"] })
  expect([ran.code, ran.stdout]).toEqual([0, expect.stringContaining("✓ hello completed")])
  expect(await platform.stop("SIGTERM")).toBe(0)
  expect(["url", "pid"].filter((name) => existsSync(join(me.data, name)))).toEqual([])
}, 60_000)

test("a second start on the same data prints the URL of the first and ends well", async () => {
  const me = newcomer()
  const platform = await up({ ...me, words: ["--data", me.data] })
  const again = await wf({ ...me, words: ["up", "--data", me.data] })
  expect([again.code, again.stdout]).toEqual([0, `${platform.url}\n`])
  await platform.stop("SIGTERM")
}, 60_000)

test("twice in a row, from any folder and through a link, it finds its checkout and what it kept", async () => {
  const me = newcomer()
  const elsewhere = join(me.home, "some where")
  mkdirSync(elsewhere)
  symlinkSync(join(checkout, "wf"), join(me.home, "one"))
  symlinkSync("../one", join(elsewhere, "two"))
  const launch = { ...me, wf: "./two", cwd: elsewhere }
  const first = await up(launch)
  expect(first.stderr()).toContain(join(elsewhere, ".wf"))
  const run = await wf({ ...launch, words: ["run", join(checkout, "examples/hello.yml"), "--detach"] })
  await wf({ ...launch, words: ["watch", run.stdout.trim()] })
  await first.stop("SIGINT")
  const second = await up(launch)
  const shown = await wf({ ...launch, words: ["runs", "show", run.stdout.trim(), "--field", "status"] })
  expect(shown.stdout).toBe("completed\n")
  expect(await second.stop("SIGINT")).toBe(130)
}, 60_000)

test("a profile that is in use stays the current one", async () => {
  const me = newcomer()
  mkdirSync(join(me.home, ".config/wf"), { recursive: true })
  const before = { current: "work", profiles: { work: { url: "https://wf.example.com" } } }
  writeFileSync(join(me.home, ".config/wf/profiles.json"), JSON.stringify(before))
  const platform = await up({ ...me, words: ["--data", me.data] })
  expect(Object.keys(profiles(me.home).profiles)).toEqual(["work", "local"])
  expect(profiles(me.home).current).toBe("work")
  expect(platform.stderr()).toContain("--profile local")
  await platform.stop("SIGTERM")
}, 60_000)

test("a port that is taken is a conflict with a hint, and the next start is a first start", async () => {
  const me = newcomer()
  const server = createServer()
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port))
  })
  const refused = await wf({ ...me, words: ["up", "--data", me.data, "--port", String(port)] })
  expect(refused.code).toBe(6)
  helps(refused)
  expect(refused.stderr).toMatch(new RegExp(`Port ${port} is taken.*--port \\d+`, "s"))
  server.close()
  const platform = await up({ ...me, words: ["--data", me.data] })
  await platform.stop("SIGTERM")
}, 60_000)

test("--detach says where it is and how it is stopped; down stops it, and is content when nothing runs", async () => {
  const me = newcomer()
  const started = await wf({ ...me, words: ["up", "--detach", "--port", "0", "--data", me.data] })
  expect([started.code, started.stdout]).toEqual([0, expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\n$/)])
  expect(started.stderr).toContain(`./wf down --data ${me.data}`)
  const pid = readFileSync(join(me.data, "pid"), "utf8").trim()
  expect(readFileSync(`/proc/${pid}/environ`, "utf8").split("\0")).toContain("BUN_JSC_useFTLJIT=0")
  const live = await fetch(`${started.stdout.trim()}/health/ready`)
  expect(live.status).toBe(200)
  expect((await wf({ ...me, words: ["down", "--data", me.data] })).code).toBe(0)
  expect(await fetch(live.url).catch(() => "nobody")).toBe("nobody")
  const again = await wf({ ...me, words: ["down", "--data", me.data] })
  expect([again.code, again.stderr]).toEqual([0, expect.stringContaining("Nothing runs")])
}, 60_000)

test("down leaves a process alone that has the number of one that was killed", async () => {
  const me = newcomer()
  mkdirSync(me.data)
  writeFileSync(join(me.data, "pid"), `${process.pid}\n`)
  const down = await wf({ ...me, words: ["down", "--data", me.data] })
  expect([down.code, down.stderr]).toEqual([0, expect.stringContaining("Nothing runs")])
}, 60_000)

const nonsense = [
  { words: ["--port", "abc"], code: 2, says: "--port takes a number" },
  { words: ["--port", "70000"], code: 2, says: "--port takes a number" },
  { words: ["--port", "-1"], code: 2, says: "--port" },
  { words: ["--data", "package.json"], code: 2, says: "is a file" },
  { words: ["--data", "package.json/data"], code: 6, says: "can't hold the data" },
  { words: ["--data", "/proc/data"], code: 6, says: "can't hold the data" },
  { words: ["--data", ""], code: 2, says: "--data" },
  { words: ["surplus"], code: 2, says: "too many arguments" },
]

for (const { words, code, says } of nonsense) {
  test(`\`wf up ${words.join(" ")}\` is refused in a paragraph`, async () => {
    const refused = await wf({ ...newcomer(), words: ["up", ...words] })
    expect([refused.code, refused.stderr]).toEqual([code, expect.stringContaining(says)])
    helps(refused)
  }, 60_000)
}

test("without a profile and a server, a run gets a platform of its own, of which nothing is left", async () => {
  const me = newcomer()
  const temporary = temporaryFolder(0o711)
  const env = { TMPDIR: temporary }
  const ran = await wf({ ...me, env, words: ["run", "examples/hello.yml"] })
  expect([ran.code, ran.stdout]).toEqual([0, expect.stringContaining("✓ hello completed")])
  expect(ran.stderr).toContain("for this run alone")
  expect([...new Bun.Glob("wf-local-*").scanSync({ cwd: temporary, onlyFiles: false })]).toEqual([])
  const failed = await wf({ ...me, env, words: ["run", "examples/fails.yml", "--local"] })
  expect(failed.code).toBe(1)
  expect(existsSync(join(me.home, ".config/wf"))).toBe(false)
}, 60_000)

test("where no profile can be kept it is up all the same, and says how to reach it", async () => {
  const home = temporaryFolder()
  writeFileSync(join(home, "file"), "")
  const env = { XDG_CONFIG_HOME: join(home, "file") }
  const started = await up({ checkout, home, words: ["--data", join(home, "data")], env })
  expect(started.stderr()).toContain("profile   not kept")
  expect(started.stderr()).toContain(`WF_URL=${started.url} WF_TOKEN=$(cat ${join(home, "data/token")})`)
  expect(await started.stop("SIGTERM")).toBe(0)
}, 60_000)
