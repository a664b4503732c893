import { afterAll, afterEach, beforeEach, describe, expect, test } from "bun:test"
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { roomFor } from "#cli/doctor/data.ts"
import type { Finding } from "#cli/doctor/finding.ts"
import { unreachable } from "#cli/doctor/server.ts"
import { forsaken, lagging } from "#cli/doctor/work.ts"
import { program } from "#cli/program.ts"
import { capture } from "#cli/testing/capture.ts"
import { version } from "#kernel/config/version.ts"
import { createAuthority } from "#kernel/testing/certificates.ts"
import type { Queue, Worker } from "#sdk/shapes.ts"

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "wf-doctor-"))
})
const servers: { stop(): unknown }[] = []
afterEach(() => rmSync(home, { recursive: true, force: true }))
afterAll(async () => {
  for (const server of servers) await server.stop()
})

type Told = { readonly code: number; readonly findings: readonly Finding[] }

const doctor = async (environment: Record<string, string>, ...words: readonly string[]): Promise<Told> => {
  const io = capture({
    environment: { HOME: home, XDG_CONFIG_HOME: home, ...environment },
    now: () => new Date(),
  })
  const code = await program(["doctor", "--json", "--data", join(home, "data"), ...words], io)
  const { ok, checks } = JSON.parse(io.printed.join("\n")) as { ok: boolean; checks: readonly Finding[] }
  expect(ok).toBe(code === 0)
  for (const { verdict, next } of checks) expect(verdict === "ok" || next !== undefined).toBe(true)
  return { code, findings: checks }
}

const found = ({ findings }: Told, check: string): string => {
  const one = findings.find((finding) => finding.check === check)
  return one ? `${one.verdict}: ${one.says}` : "nothing"
}

const me = {
  user: { id: "u", email: "ada@example.test", name: "Ada", created_at: "" },
  workspace: { id: "w", slug: "team", name: "Team", role: "owner", created_at: "" },
}
const worker = { id: "1", name: "one", status: "idle", queues: [] }

const well: Readonly<Record<string, () => Response>> = {
  "/health/live": () => Response.json({ status: "ok", version }),
  "/health/ready": () => Response.json({ status: "ok", parts: { database: "ok" } }),
  "/api/v1/auth/me": () => Response.json(me),
  "/api/v1/workers": () => Response.json({ items: [worker], next_cursor: null }),
  "/api/v1/queues": () => Response.json({ items: [], next_cursor: null }),
}

const serve = (
  answers: Readonly<Record<string, () => Response>>,
  tls?: { cert: string; key: string },
): string => {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    ...(tls && { tls }),
    fetch: ({ url }) => answers[new URL(url).pathname]?.() ?? new Response("", { status: 404 }),
  })
  servers.push({ stop: () => server.stop(true) })
  return `${tls ? "https" : "http"}://127.0.0.1:${server.port}`
}

const at = (url: string) => ({ WF_URL: url, WF_TOKEN: "t" })

test("a set-up that is well is said to be, part by part", async () => {
  const told = await doctor(at(serve(well)))
  expect([told.code, told.findings.filter(({ verdict }) => verdict !== "ok")]).toEqual([0, []])
  expect(found(told, "identity")).toBe("ok: ada@example.test, owner in team")
  expect(found(told, "readiness")).toBe("ok: all parts are ready: database")
})

describe("a platform that can't be reached", () => {
  const authority = createAuthority()

  test("nobody listens", async () => {
    const told = await doctor(at("http://127.0.0.1:1"))
    expect([told.code, found(told, "connection")]).toEqual([1, "bad: nothing listens there"])
  })

  test("nobody knows its name", async () => {
    expect(found(await doctor(at("http://nowhere.invalid")), "name")).toBe(
      "bad: nobody knows the name nowhere.invalid",
    )
  })

  test("its certificate is nobody's", async () => {
    const { certificate, key } = authority.certify("127.0.0.1")
    const told = await doctor(at(serve(well, { cert: certificate, key })))
    expect(found(told, "connection")).toContain("signed by nobody who is trusted here")
  })

  test("it doesn't speak TLS, or speaks nothing else", async () => {
    const plain = serve(well).replace("http:", "https:")
    const { certificate, key } = authority.certify("127.0.0.1")
    const secure = serve(well, { cert: certificate, key }).replace("https:", "http:")
    for (const url of [plain, secure]) {
      const told = await doctor(at(url))
      expect([told.code, found(told, "connection")]).toEqual([1, expect.stringMatching(/^bad: it/)])
    }
  })

  test("it says nothing", async () => {
    const silent = createServer(() => undefined).listen(0, "127.0.0.1")
    await new Promise((resolve) => silent.once("listening", resolve))
    const { port } = silent.address() as { port: number }
    expect(found(await doctor(at(`http://127.0.0.1:${port}`)), "connection")).toBe(
      "bad: it doesn't answer in time",
    )
    silent.close()
  })

  test("something else is there", async () => {
    const url = serve({ "/health/live": () => new Response("<html>It works!</html>") })
    expect(found(await doctor(at(url)), "connection")).toBe("bad: what answers there is no wf platform (200)")
  })

  test.each([
    ["CERT_HAS_EXPIRED", "its certificate has expired"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "its certificate is for another name"],
    ["EHOSTUNREACH", "it can't be reached: EHOSTUNREACH"],
  ])("%s is put into words", (code, says) => {
    expect(unreachable(Object.assign(new Error(code), { code })).says).toBe(says)
  })
})

describe("a platform that isn't well", () => {
  test("names the parts that aren't ready", async () => {
    const parts = { "iam.database": "ok", "scheduler.bus": "no answer in time\u001b[2J" }
    const url = serve({
      ...well,
      "/health/ready": () => Response.json({ status: "unavailable", parts }, { status: 503 }),
    })
    const told = await doctor(at(url))
    expect([told.code, found(told, "readiness of scheduler.bus")]).toEqual([
      1,
      "bad: no answer in time\u001b[2J",
    ])
    const io = capture({ environment: { XDG_CONFIG_HOME: home, ...at(url) } })
    await program(["doctor", "--data", home], io)
    expect(io.printed.join("\n")).not.toContain("\u001b")
    expect(io.printed.every((line) => line.split("\t").length === 5)).toBe(true)
  })

  test("is of another version, and its clock of another time", async () => {
    const headers = { date: new Date(Date.now() - 3_600_000).toUTCString() }
    const url = serve({
      ...well,
      "/health/live": () => Response.json({ status: "ok", version: "9.9.9" }, { headers }),
    })
    const told = await doctor(at(url))
    expect(found(told, "version")).toStartWith("ok: wf ")
    expect(told.findings.map(({ says }) => says)).toContain(`the server is 9.9.9, this client ${version}`)
    expect(found(told, "clock")).toMatch(/^warning: 3(599|600|601) s ahead of the server's$/)
  })

  test("doesn't know the token, or has nobody who works", async () => {
    const refused = serve({
      ...well,
      "/api/v1/auth/me": () => Response.json({ code: "auth.invalid", title: "Not valid" }, { status: 401 }),
    })
    expect(found(await doctor(at(refused)), "identity")).toBe("bad: Not valid")
    const idle = serve({ ...well, "/api/v1/workers": () => Response.json({ items: [], next_cursor: null }) })
    expect(found(await doctor(at(idle)), "workers")).toStartWith("bad: there is none")
  })

  test("has queues that nobody takes from, and readers that are late", () => {
    const queue = (name: string, queued: number) => ({ name, queued, retrying: 0, paused: false }) as Queue
    const mail = { queues: ["mail"] } as unknown as Worker
    const queues = [queue("mail", 5), queue("bulk", 3), queue("idle", 0)]
    expect(forsaken(queues, [mail]).map(({ check }) => check)).toEqual(["queue bulk"])
    expect(forsaken(queues, [mail, { queues: [] } as unknown as Worker])).toEqual([])
    const metrics =
      'outbox_age_seconds{reader="bus",service="iam"} 0\noutbox_age_seconds{reader="x",service="y"} 90.5\n'
    expect(lagging(metrics).map(({ says }) => says)).toEqual(["x y is 91 s behind"])
    expect([lagging("up 1\n"), lagging("")]).toEqual([[], []])
  })
})

describe("what a client is told", () => {
  test("by nobody: it is said how to get a platform", async () => {
    expect(found(await doctor({}), "address")).toBe("bad: no platform is known here")
  })

  test("may be read by others, can't be read, or names no address", async () => {
    mkdirSync(join(home, "wf"))
    const path = join(home, "wf/profiles.json")
    writeFileSync(path, '{"profiles":{}}', { mode: 0o644 })
    chmodSync(path, 0o644)
    expect(found(await doctor({}), "profiles")).toStartWith("bad: others of this machine may read")
    chmodSync(join(home, "wf"), 0o777)
    expect(found(await doctor({}), "folder of profiles")).toStartWith("bad: others")
    writeFileSync(path, "{")
    expect(found(await doctor({}), "profiles")).toContain("is not a file of profiles")
    rmSync(path)
    expect(found(await doctor({ WF_URL: "localhost:4400" }), "address")).toContain("is not a URL")
    expect(found(await doctor({}, "--profile", "x"), "settings")).toContain("There is no profile `x`")
  })

  test("has ended", async () => {
    const claims = Buffer.from(JSON.stringify({ exp: 1_700_000_000 })).toString("base64url")
    const told = await doctor({ ...at(serve(well)), WF_TOKEN: `e30.${claims}.c2ln` })
    expect(found(told, "token")).toBe("bad: the one from WF_TOKEN ended at 2023-11-14T22:13:20.000Z")
    expect(found(await doctor({ WF_URL: serve(well) }), "token")).toBe("bad: there is none")
  })

  test("goes through a proxy", async () => {
    expect(found(await doctor({ HTTPS_PROXY: "http://127.0.0.1:1" }), "proxy")).toContain(
      "HTTPS_PROXY is set",
    )
  })
})

describe("a data folder", () => {
  test("whose process has died, whose token anybody may read, whose port is taken", async () => {
    const data = join(home, "data")
    mkdirSync(data)
    const server = createServer().listen(0, "127.0.0.1")
    await new Promise((resolve) => server.once("listening", resolve))
    const { port } = server.address() as { port: number }
    writeFileSync(join(data, "pid"), "4194304\n")
    writeFileSync(join(data, "url"), `http://127.0.0.1:${port}\n`)
    writeFileSync(join(data, "token"), "t", { mode: 0o644 })
    chmodSync(join(data, "token"), 0o644)
    const told = await doctor({})
    server.close()
    expect(found(told, "process")).toBe("warning: 4194304, which ran on it, has ended without a word")
    expect(found(told, "port")).toStartWith(`warning: ${port} or ${port + 1} is taken`)
    expect(found(told, "token")).toStartWith("bad: others of this machine may read")
    expect(found(told, "folder")).toBe(`ok: ${data}`)
  })

  test("that is a file, or has no room", async () => {
    writeFileSync(join(home, "data"), "")
    expect(found(await doctor({}), "folder")).toEndWith("is a file")
    expect([10, 500, 5_000].map((mib) => roomFor(mib * 1024 ** 2).verdict)).toEqual(["bad", "warning", "ok"])
  })
})

test("at a terminal it says what can be shown there, and what completes", async () => {
  const environment = {
    HOME: home,
    XDG_CONFIG_HOME: home,
    NO_COLOR: "1",
    SHELL: "/bin/zsh",
    ...at(serve(well)),
  }
  const io = capture({ environment, out_is_tty: true, columns: 60, now: () => new Date() })
  expect(await program(["doctor", "--data", home], io)).toBe(0)
  const text = io.printed.join("\n")
  expect(text).toContain("  ! colours: not shown: NO_COLOR is set\n")
  expect(text).toContain("  ! width: 60 columns")
  expect(text).toContain("  ! characters: the locale is not one of UTF-8")
  expect(text).toContain("  ! completion: TAB doesn't complete wf in zsh yet\n      `wf completion zsh`")
  expect(io.noted.join("\n")).toContain("Nothing is wrong, 4 to look at.")
  writeFileSync(join(home, ".zshrc"), 'eval "$(wf completion zsh)"\n')
  const later = capture({ environment, out_is_tty: true })
  await program(["doctor", "--data", home], later)
  expect(later.printed.join("\n")).toContain("✓ completion: set up for zsh")
})
