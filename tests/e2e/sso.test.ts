import { afterAll, beforeAll, expect, test } from "bun:test"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openBrowser } from "#kernel/testing/browser.ts"
import { startProvider, type TestProvider } from "#kernel/testing/provider.ts"
import { until } from "#kernel/testing/until.ts"
import { createClient } from "#sdk/index.ts"
import { cleanEnvironment, platform, platformWith, root, runWf } from "./platform.ts"

let it: Awaited<ReturnType<typeof platformWith>>
let provider: TestProvider

beforeAll(async () => {
  provider = await startProvider("http://127.0.0.1:24998/later")
  it = await platformWith({
    WF_OIDC_ISSUER: provider.issuer,
    WF_OIDC_CLIENT_ID: provider.client_id,
    WF_OIDC_CLIENT_SECRET: provider.client_secret,
    WF_OIDC_ROLES: "builders=developer,watchers=viewer",
  })
  await provider.register(`${it.url}/api/v1/auth/oidc/callback`)
}, 240_000)
afterAll(async () => {
  await it.stop()
  await provider.close()
})

const homeOf = () => cleanEnvironment(mkdtempSync(join(tmpdir(), "wf-sso-")))

/** `wf login --sso`, up to where it waits for somebody to sign in. */
const beginLogin = async (env: Record<string, string>) => {
  const words = [process.execPath, join(root, "cli/main.ts"), "login", "--sso", "--url", it.url]
  const child = Bun.spawn(words, { cwd: root, env, stdin: "ignore", stdout: "pipe", stderr: "pipe" })
  const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader()
  let said = ""
  const readUntil = async (is_enough: () => boolean): Promise<string> => {
    while (!is_enough()) {
      const { done, value } = await reader.read()
      if (done) break
      said += value
    }
    return said
  }
  await readUntil(() => /http\S+\n/.test(said))
  const ended = async () => {
    const stderr = await readUntil(() => false)
    return { code: await child.exited, stdout: await new Response(child.stdout).text(), stderr }
  }
  return { page: /http\S+/.exec(said)?.[0] ?? said, ended, child }
}

/** As a browser goes: from the terminal's page to the provider, and back to the terminal. */
const signIn = async (page: string, person: string): Promise<Response> => {
  const browser = openBrowser()
  const start = await browser.visit(page)
  const callback = await browser.signIn(start.headers.get("location") ?? page, person)
  const back = await browser.visit(callback)
  return fetch(back.headers.get("location") ?? callback, { redirect: "manual" })
}

const ada = { email: "ada@example.test", email_verified: true, name: "Ada Lovelace" }

test("somebody signs in from the terminal with their browser, and works as what their groups make them", async () => {
  provider.people.set("ada", { ...ada, groups: ["builders"] })
  const env = homeOf()
  const { page, ended } = await beginLogin(env)
  expect(page).toStartWith(`${it.url}/api/v1/auth/oidc/start?`)
  const shown = await signIn(page, "ada")
  expect([shown.status, await shown.text()]).toEqual([200, expect.stringContaining("Go on in the terminal")])
  const { code, stdout, stderr } = await ended()
  expect([code, stdout]).toEqual([0, ""])
  expect(stderr).toContain("as ada@example.test")
  const me = await runWf(["whoami"], { env })
  expect(me.stdout).toBe("ada@example.test\tdefault\tdeveloper\n")
  const tokens = await runWf(["tokens", "list"], { env })
  expect(tokens.stdout).toContain("wf login --sso")
  const sessions = await runWf(["sessions", "list", "--json"], { env })
  expect(JSON.parse(sessions.stdout).items).toHaveLength(1)
})

test("what somebody makes with what such a login keeps ends with it", async () => {
  provider.people.set("joan", { email: "joan@example.test", email_verified: true, groups: ["builders"] })
  const env = homeOf()
  const { page, ended } = await beginLogin(env)
  await signIn(page, "joan")
  expect((await ended()).code).toBe(0)
  const made = await runWf(["tokens", "create", "ci"], { env })
  expect(made.code).toBe(0)
  const { stdout } = await runWf(["tokens", "list", "--json"], { env })
  const { items } = JSON.parse(stdout) as { items: { name: string; expires_at: string | null }[] }
  const [ci, login] = ["ci", "wf login --sso"].map((name) => items.find((token) => token.name === name))
  expect([typeof ci?.expires_at, ci?.expires_at]).toEqual(["string", login?.expires_at])
})

test("who is let in by no group any more hears so in the terminal, and their tokens end", async () => {
  provider.people.set("ada", { ...ada, groups: ["watchers"] })
  const env = homeOf()
  const first = await beginLogin(env)
  await signIn(first.page, "ada")
  expect((await first.ended()).code).toBe(0)
  expect((await runWf(["whoami"], { env })).stdout).toBe("ada@example.test\tdefault\tviewer\n")
  provider.people.set("ada", { ...ada, groups: [] })
  const second = await beginLogin(homeOf())
  const shown = await signIn(second.page, "ada")
  expect(await shown.text()).toContain("This has not worked")
  const { code, stderr } = await second.ended()
  expect([code, stderr]).toEqual([4, expect.stringContaining("None of your groups gives you a role here.")])
  expect((await runWf(["whoami"], { env })).code).toBe(4)
})

test("the terminal listens to nobody but the browser that it has sent", async () => {
  provider.people.set("grace", { email: "grace@example.test", email_verified: true, groups: ["watchers"] })
  const { page, ended } = await beginLogin(homeOf())
  const back = new URL(page).searchParams.get("redirect_uri") ?? ""
  const answers = await Promise.all(
    [`${back}?code=wfc_stolen&state=guessed`, `${back}?code=wfc_stolen`, new URL("/", back).href].map((url) =>
      fetch(url),
    ),
  )
  const state = new URL(page).searchParams.get("state")
  const posted = await fetch(`${back}?code=x&state=${state}`, { method: "POST" })
  expect([...answers, posted].map(({ status }) => status)).toEqual([404, 404, 404, 404])
  await signIn(page, "grace")
  expect((await ended()).code).toBe(0)
})

test("a provider that is away is said to be before a browser is opened", async () => {
  const env = homeOf()
  provider.answer((_, response) => {
    response.writeHead(503).end()
    return true
  })
  const known = async () => (await fetch(`${it.url}/api/v1/auth/oidc/provider`)).status
  // An answer of the provider is believed for some seconds.
  await until("the platform has noticed", async () => (await known()) === 503)
  const { page, ended } = await beginLogin(env)
  const { code, stderr } = await ended()
  provider.answer(undefined)
  expect([page, code]).toEqual([stderr, 7])
  expect(stderr).toContain("ask whoever runs the platform")
})

test("a login that is interrupted ends as one", async () => {
  const { child, ended } = await beginLogin(homeOf())
  child.kill("SIGINT")
  expect(await ended()).toMatchObject({ code: 130 })
})

test("where there is no provider the terminal says what else there is", async () => {
  const other = await platform()
  const { code, stderr } = await other.wf(["login", "--sso"], { env: homeOf() })
  expect([code, stderr]).toEqual([5, expect.stringContaining("wf login --email")])
  await expect(createClient({ url: other.url }).identity.oidcProvider()).rejects.toMatchObject({
    code: "oidc.not_set",
  })
})
