import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { profileFile } from "#kernel/config/profiles.ts"
import { until } from "#kernel/testing/until.ts"
import { commands } from "./commands.ts"
import { program } from "./program.ts"
import { capture } from "./testing/capture.ts"

let home: string
let server: ReturnType<typeof Bun.serve>
const seen: { path: string; authorization: string | null; workspace: string | null }[] = []

const me = {
  user: { id: "u", email: "ada@example.test", name: "Ada", created_at: "" },
  workspace: { id: "w", slug: "team", name: "Team", role: "owner", created_at: "" },
}

const answers: Readonly<Record<string, unknown>> = {
  "/api/v1/auth/me": me,
  "/api/v1/auth/login": {
    access_token: "session",
    refresh_token: "r",
    token_type: "Bearer",
    expires_in: 900,
  },
  "/api/v1/secrets/rotate-key": { rotated: 3 },
  "/api/v1/tokens": { id: "t", name: "wf login", token: "wft_made" },
}

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "wf-cli-"))
  seen.splice(0)
  server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch({ url, headers }) {
      const path = new URL(url).pathname
      const authorization = headers.get("authorization")
      seen.push({ path, authorization, workspace: headers.get("wf-workspace") })
      if (authorization === "Bearer wrong") return Response.json({ title: "Not valid" }, { status: 401 })
      return path in answers
        ? Response.json(answers[path])
        : Response.json({ title: "No such path" }, { status: 404 })
    },
  })
})
afterEach(async () => {
  await server.stop(true)
  rmSync(home, { recursive: true, force: true })
})

const url = () => `http://127.0.0.1:${server.port}`

const wf = async (
  words: readonly string[],
  { stdin = "", environment = {} as Record<string, string> } = {},
) => {
  const io = capture({
    environment: { XDG_CONFIG_HOME: home, ...environment },
    readStdin: async () => stdin,
  })
  const code = await program(words, io)
  return { code, out: io.printed.join("\n"), note: io.noted.join("\n") }
}

const profiles = () => profileFile({ XDG_CONFIG_HOME: home })

describe("the command line", () => {
  test.each([
    [["rnu"], "`wf run`"],
    [["runs", "lits"], "`wf runs list`"],
    [["--vesion"], "--version"],
  ])("%p is unknown: wrong usage, with what may have been meant", async (words, meant) => {
    const { code, out, note } = await wf(words)
    expect([code, out]).toEqual([2, ""])
    expect(note).toContain(`Did you mean ${meant}?`)
  })

  test.each([
    ["an unknown option", ["whoami", "--loud"]],
    ["an argument that is missing", ["watch"]],
    ["an argument too many", ["whoami", "x"]],
    ["an option without its value", ["whoami", "--url"]],
  ])("with %s is wrong usage, said on stderr", async (_, words) => {
    const { code, out, note } = await wf(words)
    expect([code, out]).toEqual([2, ""])
    expect(note).not.toContain("bug")
  })

  test("--help and --version are data, and done", async () => {
    expect(await wf(["--version"])).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+$/) })
    const { code, out, note } = await wf(["--help"])
    expect([code, note]).toEqual([0, ""])
    expect(out).toContain("wf up")
  })

  test("--help has each command where somebody looks for it", async () => {
    const { out } = await wf(["--help"])
    const [, own = ""] = /Sign in, and work with others:\n((?: .*\n)+)/.exec(out) ?? []
    expect([...own.matchAll(/^ {2}([\w-]+)/gm)].map(([, name]) => name)).toEqual([
      "login",
      "logout",
      "whoami",
      "account",
      "workspaces",
      "members",
      "tokens",
      "service-accounts",
      "sessions",
    ])
  })

  test("a number by itself is for programs; a person is told what it counts", async () => {
    const environment = { XDG_CONFIG_HOME: home, WF_URL: url(), WF_TOKEN: "t" }
    const [person, pipe] = [capture({ environment, out_is_tty: true }), capture({ environment })]
    for (const io of [person, pipe]) expect(await program(["secrets", "rotate-key"], io)).toBe(0)
    expect([person.printed, pipe.printed]).toEqual([["Secrets encrypted anew: 3."], ["3"]])
  })

  test("what a file says doesn't steer the terminal, and passes for no other line", async () => {
    const path = join(home, "hostile.yml")
    writeFileSync(path, 'name: a\n"\\e]52;c;aGk=\\a\\nother.yml:1:1: fine": 1\ntasks: { a: { run: echo } }\n')
    const { code, note } = await wf(["validate", path])
    expect({ code, note }).toEqual({ code: 2, note: `${path}:2:1: unknown key \` other.yml:1:1: fine\`` })
  })

  test.each(commands.map(({ name }) => [name] as const))("help of `%s` has its examples", async (name) => {
    const { code, out } = await wf([...name.split(" "), "--help"])
    expect(code).toBe(0)
    for (const example of commands.find((one) => one.name === name)?.examples ?? [])
      expect(out).toContain(example)
  })

  test("every command loads what it runs", async () => {
    for (const command of commands) expect(typeof (await command.load()).run).toBe("function")
  })
})

describe("a server", () => {
  test("that nothing names ends with 7 and says how to get one", async () => {
    const { code, note } = await wf(["whoami"])
    expect(code).toBe(7)
    expect(note).toContain("`wf up`")
  })

  test("that isn't there ends with 7", async () => {
    expect(await wf(["whoami", "--url", "http://127.0.0.1:1"])).toMatchObject({ code: 7, out: "" })
  })

  test("is the flag's, then the environment's, then the profile's", async () => {
    profiles().write({ current: "p", profiles: { p: { url: "http://127.0.0.1:1", token: "t" } } })
    expect(
      (await wf(["whoami", "--url", url()], { environment: { WF_URL: "http://127.0.0.1:2" } })).code,
    ).toBe(0)
    expect((await wf(["whoami"], { environment: { WF_URL: url() } })).code).toBe(0)
    expect((await wf(["whoami"])).code).toBe(7)
  })

  test("never gets to see the token or workspace of another server's profile", async () => {
    profiles().write({
      current: "p",
      profiles: { p: { url: "https://wf.example.com", token: "t", workspace: "w" } },
    })
    await wf(["whoami", "--url", url()])
    await wf(["whoami"], { environment: { WF_URL: url() } })
    expect(seen).toEqual(Array(2).fill({ path: "/api/v1/auth/me", authorization: null, workspace: null }))
  })

  test("gets its own profile's token, also when it is named once more", async () => {
    profiles().write({ current: "p", profiles: { p: { url: url(), token: "t", workspace: "w" } } })
    await wf(["whoami", "--url", `${url()}/`])
    expect(seen).toEqual([{ path: "/api/v1/auth/me", authorization: "Bearer t", workspace: "w" }])
  })

  test.each(["nonsense", "127.0.0.1:4400", "localhost:4400", "file:///etc"])(
    "that is named %s is wrong usage",
    async (named) => {
      expect((await wf(["whoami", "--url", named])).code).toBe(2)
    },
  )
})

describe("signing in", () => {
  test("with a token from stdin keeps it as the current profile, named after the host", async () => {
    const { code, out } = await wf(["login", "--url", url(), "--with-token"], { stdin: "wft_given\n" })
    expect([code, out]).toEqual([0, ""])
    const host = new URL(url()).host
    expect(profiles().read()).toEqual({
      current: host,
      profiles: { [host]: { url: url(), token: "wft_given" } },
    })
    expect((await wf(["whoami"])).out).toBe("ada@example.test\tteam\towner")
  })

  test("with a password keeps a token that was made for it, never the password", async () => {
    const words = ["login", "--url", url(), "--email", "ada@example.test", "--name", "work"]
    expect((await wf(words, { stdin: "correct horse\n" })).code).toBe(0)
    expect(profiles().read()).toEqual({
      current: "work",
      profiles: { work: { url: url(), token: "wft_made" } },
    })
  })

  test.each([
    { with_: "a token that isn't valid", words: ["--with-token"], stdin: "wrong", expected: 4 },
    { with_: "nothing on stdin", words: ["--with-token"], stdin: " \n", expected: 2 },
    { with_: "neither token nor address", words: [], stdin: "x", expected: 2 },
  ])("with $with_ changes nothing", async ({ words, stdin, expected }) => {
    const { code } = await wf(["login", "--url", url(), ...words], { stdin })
    expect(code).toBe(expected)
    expect(profiles().read()).toEqual({ profiles: {} })
  })

  test("a profile that was never made is named, with those there are", async () => {
    profiles().write({ current: "p", profiles: { p: { url: url() } } })
    const { code, note } = await wf(["whoami", "--profile", "q"])
    expect(code).toBe(2)
    expect(note).toContain("There are: p.")
  })
})

describe("the settings", () => {
  const given = { url: "https://wf.example.com", token: "wft_secret", workspace: "team" }
  const two = { current: "a", profiles: { a: given, b: { url: "http://127.0.0.1:1" } } }

  test("are listed with who says so, and without the token", async () => {
    profiles().write(two)
    expect(
      (await wf(["config", "list"], { environment: { WF_WORKSPACE: "other" } })).out.split("\n"),
    ).toEqual([
      "profile\ta\tcurrent",
      "url\thttps://wf.example.com\tprofile a",
      "token\tkept\tprofile",
      "workspace\tother\tWF_WORKSPACE",
      "credentials\tfile\tdefault",
    ])
    const { out } = await wf(["config", "list", "--json", "--url", "http://127.0.0.1:9"])
    expect(out).not.toContain("wft_secret")
    expect(JSON.parse(out.split("\n")[2] ?? "")).toEqual({ name: "token", value: null, from: null })
    expect((await wf(["config", "path"])).out).toBe(join(home, "wf", "profiles.json"))
  })

  test("are read and set by name; a profile is used and removed", async () => {
    profiles().write(two)
    expect((await wf(["config", "get", "workspace"])).out).toBe("team")
    expect((await wf(["config", "set", "workspace", "data"])).code).toBe(0)
    expect((await wf(["config", "set", "workspace", "x", "--profile", "b"])).code).toBe(0)
    expect((await wf(["config", "use", "b"])).code).toBe(0)
    expect((await wf(["config", "profiles"])).out.split("\n")).toEqual([
      "false\ta\thttps://wf.example.com\tdata",
      "true\tb\thttp://127.0.0.1:1\tx",
    ])
    expect((await wf(["config", "set", "workspace", ""])).code).toBe(0)
    expect((await wf(["config", "remove", "b"])).code).toBe(0)
    expect(profiles().read()).toEqual({
      current: "a",
      profiles: { a: { ...given, workspace: "data" } },
    })
  })

  test.each([
    ["a setting that isn't there", ["set", "wrokspace", "x"], "Did you mean `workspace`?"],
    ["a token", ["set", "token", "wft_x"], "wf login --with-token"],
    ["a profile that isn't there", ["use", "__proto__"], "There are: a, b."],
    ["a profile that isn't there", ["remove", "c"], "There are: a, b."],
    ["another server, which would be sent the token", ["set", "url", "https://evil.test"], "wf login --url"],
    ["what is no address", ["set", "url", "here"], "is not a URL"],
  ])("refuse %s, and stay as they were", async (_, words, says) => {
    profiles().write(two)
    const { code, out, note } = await wf(["config", ...words])
    expect([code, out]).toEqual([2, ""])
    expect(note).toContain(says)
    expect(profiles().read()).toEqual(two)
  })
})

test("the reference of the API is opened at a terminal, and its address is printed everywhere", async () => {
  const opened = join(home, "opened")
  const browser = join(home, "browser")
  writeFileSync(browser, `#!/bin/sh\nprintf %s "$1" >'${opened}.part' && mv '${opened}.part' '${opened}'\n`, {
    mode: 0o755,
  })
  const environment = { XDG_CONFIG_HOME: home, WF_URL: `${url()}/`, BROWSER: browser }
  expect((await wf(["open"], { environment })).out).toBe(`${url()}/docs`)
  expect(existsSync(opened)).toBe(false)
  const io = capture({ environment, out_is_tty: true })
  expect([await program(["open"], io), io.printed]).toEqual([0, [`${url()}/docs`]])
  await until("it is opened", () => existsSync(opened))
  expect(readFileSync(opened, "utf8")).toBe(`${url()}/docs`)
})

describe("signing out", () => {
  test("forgets the current profile and goes on with another", async () => {
    profiles().write({ current: "a", profiles: { a: { url: url(), token: "t" }, b: { url: url() } } })
    expect((await wf(["logout"])).code).toBe(0)
    expect(profiles().read()).toEqual({ current: "b", profiles: { b: { url: url() } } })
  })

  test("of another profile leaves the current one", async () => {
    profiles().write({ current: "a", profiles: { a: { url: url() }, b: { url: url() } } })
    await wf(["logout", "--profile", "b"])
    expect(profiles().read()).toEqual({ current: "a", profiles: { a: { url: url() } } })
  })

  test("twice is fine", async () => {
    expect((await wf(["logout"])).code).toBe(0)
    expect(await wf(["logout"])).toMatchObject({ code: 0, note: "You are not signed in." })
  })
})

test("a broken file of profiles is told as such, not as a bug", async () => {
  mkdirSync(join(home, "wf"))
  writeFileSync(join(home, "wf", "profiles.json"), "{")
  const { code, note } = await wf(["whoami"])
  expect(code).toBe(2)
  expect(note).toContain("Remove it and sign in again")
  expect(note).not.toContain("bug")
})

describe("a workflow file", () => {
  const file = (text: string): string => {
    const path = join(home, "flow.yml")
    writeFileSync(path, text)
    return path
  }

  test("that tells somebody something is valid, without a note", async () => {
    const tells =
      "name: flow\ntasks:\n  one: { uses: notify, with: { channel: in_app, to: a@b.c, message: hi } }\n"
    const { code, out, note } = await wf(["validate", file(tells)])
    expect([code, out, note]).toEqual([0, "", ""])
  })

  test("has a plan, with its items where they are known", async () => {
    const text = `name: flow\ntasks:\n  one: { run: echo, matrix: { os: [a, b] } }\n  two: { run: echo, needs: [one], for_each: "\${{ inputs.list }}" }\ninputs: { list: { type: array } }\n`
    const { code, out } = await wf(["plan", file(text), "-i", "list=[1]"])
    expect(code).toBe(0)
    expect(out.split("\n")).toEqual([
      'one[0]\tshell\tsuccess\t\t{"os":"a"}',
      'one[1]\tshell\tsuccess\t\t{"os":"b"}',
      "two[0]\tshell\tsuccess\tone\t1",
    ])
    expect((await wf(["plan", file(text)])).out).toContain("two[…]\tshell\tsuccess\tone\tknown in the run")
    const plan = JSON.parse((await wf(["plan", file(text), "--json"])).out)
    expect(plan.tasks[0].each.items).toEqual([{ os: "a" }, { os: "b" }])
  })

  test("has a schema, which is printed", async () => {
    const { code, out } = await wf(["schema"])
    expect([code, JSON.parse(out).title]).toEqual([0, "wf workflow"])
  })
})
