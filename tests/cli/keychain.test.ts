import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test"
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { keychain } from "#cli/keychain.ts"
import { program } from "#cli/program.ts"
import { capture } from "#cli/testing/capture.ts"
import { secretServiceForTests } from "#deploy/engines/testing/secret-service.ts"
import { profileFile } from "#kernel/config/profiles.ts"
import { until } from "#kernel/testing/until.ts"

const service = await secretServiceForTests()
const me = {
  user: { id: "u", email: "ada@example.test", name: "Ada", created_at: "" },
  workspace: { id: "w", slug: "team", name: "Team", role: "owner", created_at: "" },
}
const seen: (string | null)[] = []
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch({ headers, url }) {
    seen.push(headers.get("authorization"))
    return new URL(url).pathname === "/api/v1/workflows"
      ? Response.json({ items: [{ name: "nightly", version: 1 }], next_cursor: null })
      : Response.json(me)
  },
})
const url = `http://127.0.0.1:${server.port}`
afterAll(async () => {
  await server.stop(true)
  await service?.stop()
})

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "wf-keychain-"))
  seen.splice(0)
  return () => rmSync(home, { recursive: true, force: true })
})

const wf = async (words: readonly string[], environment: Readonly<Record<string, string>>, stdin = "") => {
  const io = capture({
    environment: { XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home, ...environment },
    readStdin: async () => stdin,
  })
  const code = await program(words, io)
  return { code, out: io.printed.join("\n"), note: io.noted.join("\n") }
}
const profiles = () => profileFile({ XDG_CONFIG_HOME: home })
const kept = () => readFileSync(profiles().path, "utf8")

describe.skipIf(service === undefined)("a keyring", () => {
  const environment = service?.environment ?? {}
  const own = (words: readonly string[], stdin = "") => wf(words, environment, stdin)
  beforeAll(async () => {
    await until("it can be asked", () => {
      try {
        keychain({ environment }).read("nobody")
        return true
      } catch {
        return false
      }
    })
  })

  test("keeps the token of who signs in, and no file does", async () => {
    const said = await own(
      ["login", "--url", url, "--with-token", "--name", "it's mine", "--keychain"],
      "wft_first\n",
    )
    expect([said.code, kept().includes("wft_first")]).toEqual([0, false])
    expect((await own(["whoami"])).out).toBe("ada@example.test\tteam\towner")
    expect(seen).toEqual(["Bearer wft_first", "Bearer wft_first"])
    expect((await own(["config", "list"])).out).toContain("token\tkept\tkeychain")
    await own(["logout"])
    expect([profiles().read().profiles, keychain({ environment }).read("it's mine")]).toEqual([{}, undefined])
  })

  test("takes the tokens over that there are, and gives them back", async () => {
    const two = { a: { url, token: "wft_a", workspace: "team" }, b: { url: "http://127.0.0.1:1" } }
    profiles().write({ current: "a", profiles: two })
    expect(await own(["config", "set", "credentials", "keychain"])).toMatchObject({
      code: 0,
      out: "",
      note: "",
    })
    expect(profiles().read()).toEqual({
      current: "a",
      credentials: "keychain",
      profiles: { a: { url, workspace: "team", keychain: true }, b: two.b },
    })
    expect(keychain({ environment }).read("a")).toBe("wft_a")
    expect((await own(["__complete", "fish", "workflows", "show", ""])).out).toContain("nightly\t")
    expect((await own(["login", "--url", url, "--with-token", "--name", "c"], "wft_c")).code).toBe(0)
    expect(kept()).not.toContain("wft_c")
    expect((await own(["config", "set", "credentials", "file"])).code).toBe(0)
    expect(profiles().read()).toEqual({
      current: "c",
      credentials: "file",
      profiles: { ...two, c: { url, token: "wft_c" } },
    })
    expect([keychain({ environment }).read("a"), keychain({ environment }).read("c")]).toEqual([
      undefined,
      undefined,
    ])
  })
})

describe("where there is no keychain", () => {
  const nowhere = { PATH: "/nowhere" }

  test("nothing is changed, and it is said what to do", async () => {
    const before = { current: "a", profiles: { a: { url, token: "wft_a" } } }
    profiles().write(before)
    for (const words of [
      ["config", "set", "credentials", "keychain"],
      ["login", "--url", url, "--with-token", "--keychain"],
    ]) {
      const { code, note } = await wf(words, nowhere, "wft_x")
      expect([words, code, note.includes("wf config set credentials file")]).toEqual([words, 1, true])
      expect([profiles().read(), seen]).toEqual([before, []])
    }
    expect((await wf(["config", "set", "credentials", "pocket"], nowhere)).code).toBe(2)
  })

  test("who has their token in one is told so, TAB is silent, and signing out still works", async () => {
    profiles().write({ current: "a", profiles: { a: { url, keychain: true } } })
    expect(await wf(["whoami"], nowhere)).toMatchObject({
      code: 1,
      note: expect.stringContaining("secret-tool"),
    })
    expect((await wf(["whoami"], { ...nowhere, WF_TOKEN: "t" })).code).toBe(0)
    expect((await wf(["__complete", "bash", "wf workflows show "], nowhere)).note).toBe("")
    expect((await wf(["doctor", "--data", home], nowhere)).out).toContain(
      "bad\tsettings\tsettings\tThere is no `secret-tool`",
    )
    expect((await wf(["logout"], nowhere)).code).toBe(0)
    expect(profiles().read()).toEqual({ profiles: {} })
  })
})

test("on macOS the token goes by standard input, never by the words of a process", () => {
  const said = join(home, "said")
  writeFileSync(
    join(home, "security"),
    `#!/bin/sh\necho "$@" >>'${said}'\ncat >>'${said}.in'\n[ "$1" = -i ] || exit 44\n`,
  )
  chmodSync(join(home, "security"), 0o755)
  const chain = keychain({ environment: { PATH: `${home}:/bin:/usr/bin` } }, "darwin")
  chain.write("local", "wft_mac")
  expect(chain.read("local")).toBeUndefined()
  chain.remove("local")
  expect(readFileSync(said, "utf8").split("\n").slice(0, -1)).toEqual([
    "-i",
    "find-generic-password -s wf -a local -w",
    "delete-generic-password -s wf -a local",
  ])
  expect(readFileSync(`${said}.in`, "utf8")).toBe('add-generic-password -U -s "wf" -a "local" -w "wft_mac"\n')
  expect(() => chain.write('x" -w "y', "wft_mac")).toThrow("quotes")
  expect(() => keychain({ environment: {} }, "win32")).toThrow("There is no keychain that wf knows on win32")
})
