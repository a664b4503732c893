import { afterEach, expect, test } from "bun:test"
import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import { createClient } from "#sdk/client.ts"
import { failureOf } from "./failure.ts"
import { ssoLogin } from "./sso-login.ts"
import { capture } from "./testing/capture.ts"

const servers: ReturnType<typeof Bun.serve>[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop(true)))
})

/** A platform whose sign-in begins there; what it is asked for tokens with is kept. */
const platform = (start_url = "https://wf.example.com/start") => {
  const redeemed: unknown[] = []
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      if (request.method === "GET") return Response.json({ issuer: "https://login.example.com", start_url })
      redeemed.push(await request.json())
      return Response.json({
        access_token: "session",
        refresh_token: "r",
        token_type: "Bearer",
        expires_in: 900,
      })
    },
  })
  servers.push(server)
  return { identity: createClient({ url: `http://127.0.0.1:${server.port}` }).identity, redeemed }
}

const pageIn = (noted: readonly string[]) =>
  until("the page is printed", () => {
    const [, page] = /\n {2}(\S+)/.exec(noted.join("\n")) ?? []
    return page === undefined ? undefined : new URL(page)
  })

const comeBack = (page: URL, said: Record<string, string>) =>
  fetch(
    `${page.searchParams.get("redirect_uri")}?${new URLSearchParams({ state: page.searchParams.get("state") ?? "", ...said })}`,
  )

test("the verifier that is kept is the challenge's, and no page shows it", async () => {
  const { identity, redeemed } = platform()
  const io = capture()
  const login = ssoLogin(identity, io)
  const page = await pageIn(io.noted)
  expect([page.origin, page.pathname]).toEqual(["https://wf.example.com", "/start"])
  await comeBack(page, { code: "wfc_1" })
  expect(await login).toBe("session")
  const [{ code, code_verifier }] = redeemed as [{ code: string; code_verifier: string }]
  const challenge = new Bun.CryptoHasher("sha256").update(code_verifier).digest("base64url")
  expect([code, challenge]).toEqual(["wfc_1", page.searchParams.get("code_challenge") ?? ""])
  expect(page.href).not.toContain(code_verifier)
  expect(io.printed).toEqual([])
})

test("why it has not worked is said without what a terminal would obey", async () => {
  const { identity, redeemed } = platform()
  const io = capture()
  const login = ssoLogin(identity, io)
  const failed = login.catch(failureOf)
  await comeBack(await pageIn(io.noted), {
    error: "oidc.not_allowed",
    error_description: "No\u001b[31m group.",
    error_status: "403",
    error_next: "Ask.\u009b2J",
  })
  expect(await failed).toMatchObject({ exit_code: 4, message: "No group.\nAsk." })
  expect(redeemed).toEqual([])
})

test.each(["file:///etc/passwd", "javascript:alert(1)", "-h"])(
  "%p is no page that a browser is sent to",
  async (start_url) => {
    const { identity } = platform(start_url)
    const io = capture({ environment: { BROWSER: "/bin/false" } })
    expect(await ssoLogin(identity, io).catch(failureOf)).toMatchObject({ exit_code: 1 })
    expect(io.noted).toEqual([])
  },
)

test("the browser that is named is opened, and one that isn't there is no matter", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wf-browser-"))
  const [browser, seen] = [join(folder, "browser"), join(folder, "seen")]
  writeFileSync(browser, `#!/bin/sh\nprintf %s "$1" > ${seen}.new && mv ${seen}.new ${seen}\n`)
  chmodSync(browser, 0o700)
  const { identity } = platform()
  for (const named of [browser, join(folder, "nothing")]) {
    const io = capture({ environment: { BROWSER: named } })
    const login = ssoLogin(identity, io)
    const page = await pageIn(io.noted)
    if (named === browser) {
      await until("the browser was opened", () => existsSync(seen))
      expect(readFileSync(seen, "utf8")).toBe(page.href)
    }
    await comeBack(page, { code: "wfc_1" })
    expect(await login).toBe("session")
  }
})

test("who interrupts it is not waited for, and nobody listens any more", async () => {
  const { identity } = platform()
  const interrupt = new AbortController()
  const io = capture({ signal: interrupt.signal })
  const ended = ssoLogin(identity, io).catch(failureOf)
  const page = await pageIn(io.noted)
  interrupt.abort()
  expect(await ended).toMatchObject({ exit_code: 130 })
  await expect(comeBack(page, { code: "wfc_1" })).rejects.toThrow()
})
