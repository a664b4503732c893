import { afterAll, afterEach, beforeAll, expect, test } from "bun:test"
import { decodeJwt, SignJWT, UnsecuredJWT } from "jose"
import { openBrowser } from "#kernel/testing/browser.ts"
import type { Answering, Forge } from "#kernel/testing/provider.ts"
import { type SsoHouse, sso } from "./given.ts"
import { verifyIdToken } from "./verify.ts"

let it: SsoHouse
beforeAll(async () => {
  it = await sso.house()
  it.provider.people.set("ada", {
    email: "ada@example.test",
    email_verified: true,
    groups: ["builders"],
  })
})
afterAll(() => it.close())
afterEach(() => {
  it.provider.forge(undefined)
  it.provider.answer(undefined)
  it.reconfigure({})
  it.ahead(0)
})

const now_s = () => Math.floor(Date.now() / 1000)
const bytes = (text: string) => new TextEncoder().encode(text)
const inTheClear = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url")

const forgeries: Readonly<Record<string, Forge>> = {
  "no algorithm": async (claims) => new UnsecuredJWT(claims).encode(),
  "no algorithm, under a signature": async (claims, sign) => {
    const [, body, signature] = (await sign(claims)).split(".")
    return `${inTheClear({ alg: "none" })}.${body}.${signature}`
  },
  "the client's secret": (claims) =>
    new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(bytes(it.provider.client_secret)),
  "the public key as a secret": async (claims) => {
    const keys = await (await fetch(`${it.provider.issuer}/jwks`)).text()
    return new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(bytes(keys))
  },
  "a key of its own": async (claims) => {
    const { publicKey, privateKey } = await crypto.subtle.generateKey(
      { name: "ECDSA", namedCurve: "P-256" },
      true,
      ["sign", "verify"],
    )
    const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", publicKey)
    const jwk = { kty: kty ?? "", crv: crv ?? "", x: x ?? "", y: y ?? "" }
    return new SignJWT(claims).setProtectedHeader({ alg: "ES256", jwk }).sign(privateKey)
  },
  "a key that is nobody's": (claims, sign) => sign(claims, { kid: "nobody's" }),
  "other claims under its signature": async (claims, sign) => {
    const [head, , signature] = (await sign(claims)).split(".")
    return `${head}.${inTheClear({ ...claims, sub: "root" })}.${signature}`
  },
  "another issuer": (claims, sign) => sign({ ...claims, iss: "https://login.example.com" }),
  "another audience": (claims, sign) => sign({ ...claims, aud: "somebody" }),
  "further audiences": (claims, sign) => sign({ ...claims, aud: ["wf", "somebody"] }),
  "another program's": (claims, sign) => sign({ ...claims, azp: "somebody" }),
  "another nonce": (claims, sign) => sign({ ...claims, nonce: "of another sign-in" }),
  "no nonce": ({ nonce: _, ...claims }, sign) => sign(claims),
  "an end that is over": (claims, sign) => sign({ ...claims, exp: now_s() - 60 }),
  "no end": ({ exp: _, ...claims }, sign) => sign(claims),
  "a beginning that is to come": (claims, sign) => sign({ ...claims, nbf: now_s() + 600 }),
  "an old one": (claims, sign) => sign({ ...claims, iat: now_s() - 3_600 }),
  nobody: ({ sub: _, ...claims }, sign) => sign(claims),
  "a name without end": (claims, sign) => sign({ ...claims, sub: "x".repeat(300) }),
  "no token at all": () => Promise.resolve("a.b.c"),
}

/** All that there is to know of Ada, so that the provider is asked for nothing more. */
const whole = { email: "ada@example.test", email_verified: true, groups: ["builders"] }

test("a token that isn't the provider's for this sign-in is refused, and changes nothing", async () => {
  const before = await sso.state(it)
  const answers: Record<string, string | null> = {}
  for (const [name, forge] of Object.entries(forgeries)) {
    it.provider.forge((claims, sign) => forge({ ...claims, ...whole }, sign))
    answers[name] = (await sso.signIn(it, "ada")).answer.get("error")
  }
  expect(answers).toEqual(Object.fromEntries(Object.keys(forgeries).map((name) => [name, "oidc.not_valid"])))
  expect(await sso.state(it)).toEqual(before)
  // What they were forged of is taken.
  it.provider.forge((claims, sign) => sign({ ...claims, ...whole, aud: ["wf", "somebody"], azp: "wf" }))
  expect((await sso.signIn(it, "ada")).answer.get("code")).toStartWith("wfc_")
})

test("what the provider says of another person than its token is not taken for this one's", async () => {
  it.provider.forge((claims, sign) => sign({ ...claims, sub: "root" }))
  expect((await sso.signIn(it, "ada")).answer.get("error")).toBe("oidc.not_valid")
})

test("that one address is verified says nothing of another", async () => {
  it.provider.forge((claims, sign) => sign({ ...claims, email: "boss@example.test" }))
  const { program, answer } = await sso.signIn(it, "ada")
  const { body } = await sso.redeem(it, answer.get("code"), program.verifier)
  expect(decodeJwt(String(body.access_token)).email).toBe("ada@example.test")
  it.provider.forge((claims, sign) => sign({ ...claims, email_verified: true }))
  expect((await sso.signIn(it, "ada")).answer.get("error")).toBe("oidc.not_allowed")
})

test("a secret that is published among the keys signs nothing", async () => {
  const secret = bytes("whoever can read the keys knows this")
  const token = await new SignJWT({ nonce: "n", sub: "ada" })
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer("https://login.example.com")
    .setAudience("wf")
    .setIssuedAt()
    .setExpirationTime("5m")
    .sign(secret)
  const expected = { issuer: "https://login.example.com", client_id: "wf", nonce: "n" }
  const verified = verifyIdToken(token, { ...expected, keys: () => Promise.resolve(secret) })
  await expect(verified).rejects.toMatchObject({ code: "oidc.not_valid" })
})

const refusalAt = async (url: string | URL, cookie = "") => {
  const response = await fetch(url, { redirect: "manual", headers: { cookie } })
  const { code } = (await response.json()) as { code: string }
  return [response.status, code]
}

const cookiesOf = (browser: ReturnType<typeof openBrowser>): string =>
  [...(browser.cookies.get(new URL(it.url).host) ?? [])].map(([name, value]) => `${name}=${value}`).join("; ")

test("only the browser that has begun a sign-in ends it", async () => {
  const program = await sso.program()
  const browser = openBrowser()
  const callback = await sso.returned(it, program, { person: "ada", browser })
  const other = openBrowser()
  await sso.returned(it, program, { person: "ada", browser: other })
  const changed = new URL(callback)
  changed.searchParams.set("state", `${callback.searchParams.get("state")?.slice(0, -1)}!`)
  const nothing = new URL(callback)
  nothing.searchParams.delete("state")
  const refused = [401, "oidc.not_valid"]
  const before = await sso.state(it)
  expect(await refusalAt(callback)).toEqual(refused)
  expect(await refusalAt(callback, cookiesOf(other))).toEqual(refused)
  expect(await refusalAt(changed, cookiesOf(browser))).toEqual(refused)
  expect(await refusalAt(nothing, cookiesOf(browser))).toEqual([422, "request.invalid"])
  const name = `wf_oidc_${callback.searchParams.get("state")?.slice(0, 16)}`
  for (const cookie of ["", "x", "A".repeat(400), cookiesOf(other).split("=")[1] ?? ""]) {
    expect(await refusalAt(callback, `${name}=${cookie}`)).toEqual(refused)
  }
  expect(await sso.state(it)).toEqual(before)
  expect((await sso.heard(browser, callback)).get("code")).toStartWith("wfc_")
})

test("who sits before the browser is shown why as a page that runs nothing", async () => {
  const url = `${it.url}/api/v1/auth/oidc/callback?state=${"<script>".repeat(3)}`
  const page = await fetch(url, { headers: { accept: "text/html,*/*" } })
  expect([page.status, page.headers.get("content-type")]).toEqual([401, "text/html; charset=utf-8"])
  expect(page.headers.get("content-security-policy")).toStartWith("default-src 'none'")
  const text = await page.text()
  expect(text).toContain("This browser has begun no such sign-in")
  expect(text).not.toContain("<script")
})

test("a sign-in works once, also for who has kept the cookie", async () => {
  const browser = openBrowser()
  const callback = await sso.returned(it, await sso.program(), { person: "ada", browser })
  const cookie = cookiesOf(browser)
  expect((await sso.heard(browser, callback)).get("code")).toStartWith("wfc_")
  expect(await refusalAt(callback)).toEqual([401, "oidc.not_valid"])
  const before = await sso.state(it)
  const replayed = await fetch(callback, { redirect: "manual", headers: { cookie } })
  const told = new URL(replayed.headers.get("location") ?? "").searchParams
  expect([told.get("error"), told.get("code")]).toEqual(["oidc.not_valid", null])
  expect(await sso.state(it)).toEqual(before)
})

test("its state works once, even where the provider takes a code again", async () => {
  const browser = openBrowser()
  const callback = await sso.returned(it, await sso.program(), { person: "ada", browser })
  const cookie = cookiesOf(browser)
  let kept = ""
  it.provider.forge(async (claims, sign) => {
    kept = await sign(claims)
    return kept
  })
  await sso.heard(browser, callback)
  it.provider.answer((request, response) => {
    if (request.url === "/token") response.end(JSON.stringify({ id_token: kept, access_token: "a" }))
    else if (request.url === "/me") response.end(JSON.stringify({ sub: "ada", ...whole }))
    else return false
    return true
  })
  const before = await sso.state(it)
  const replayed = await fetch(callback, { redirect: "manual", headers: { cookie } })
  const told = new URL(replayed.headers.get("location") ?? "").searchParams
  expect([told.get("error"), told.get("error_description")]).toEqual([
    "oidc.not_valid",
    "This sign-in has been used already.",
  ])
  expect(await sso.state(it)).toEqual(before)
})

test("who takes too long begins anew", async () => {
  const browser = openBrowser()
  const callback = await sso.returned(it, await sso.program(), { person: "ada", browser })
  it.ahead(601_000)
  expect(await refusalAt(callback, cookiesOf(browser))).toEqual([401, "oidc.not_valid"])
})

test("an answer of another issuer, or of none, is not mixed up with the provider's", async () => {
  for (const iss of ["https://login.example.com", undefined]) {
    const browser = openBrowser()
    const callback = await sso.returned(it, await sso.program(), { person: "ada", browser })
    if (iss === undefined) callback.searchParams.delete("iss")
    else callback.searchParams.set("iss", iss)
    const answer = await sso.heard(browser, callback)
    expect([answer.get("error"), answer.get("code")]).toEqual(["oidc.not_valid", null])
  }
})

test("who says no at the provider is not signed in, and what it says is not passed on as it is", async () => {
  const browser = openBrowser()
  const callback = await sso.returned(it, await sso.program(), { person: "ada", browser })
  callback.searchParams.delete("code")
  callback.searchParams.set("error", "access_denied<script>")
  const answer = await sso.heard(browser, callback)
  expect(answer.get("error_description")).toBe("The identity provider answers `access_deniedscript`.")
})

test("the code works once, in time, and for who has the verifier alone", async () => {
  const refused = { status: 401, body: { code: "oidc.not_valid" } }
  const first = await sso.signIn(it, "ada")
  expect((await sso.redeem(it, first.answer.get("code"), first.program.verifier)).status).toBe(200)
  expect(await sso.redeem(it, first.answer.get("code"), first.program.verifier)).toMatchObject(refused)
  const second = await sso.signIn(it, "ada")
  expect(await sso.redeem(it, second.answer.get("code"), first.program.verifier)).toMatchObject(refused)
  expect(await sso.redeem(it, second.answer.get("code"), second.program.verifier)).toMatchObject(refused)
  const third = await sso.signIn(it, "ada")
  await it.house.database.run((sql) => sql`update iam.sign_in_code set expires_at = now()`)
  expect(await sso.redeem(it, third.answer.get("code"), third.program.verifier)).toMatchObject(refused)
  const fourth = await sso.signIn(it, "ada")
  const redeem = () => sso.redeem(it, fourth.answer.get("code"), fourth.program.verifier)
  const both = await Promise.all([redeem(), redeem(), redeem()])
  expect(both.map(({ status }) => status).sort()).toEqual([200, 401, 401])
})

test.each([
  "https://evil.example.com/",
  "http://evil.example.com/",
  "http://127.0.0.1.evil.example.com/",
  "http://127.0.0.1@evil.example.com/",
  "http://127.0.0.1:80@evil.example.com/",
  "http://evil.example.com:80#@127.0.0.1:80/",
  "http://localhost:8080/",
  "http://127.0.0.1/",
  "http://127.0.0.1:0/",
  "http://127.0.0.1:99999/",
  "http://127.0.0.1:8080/?next=https://evil.example.com",
  "http://127.0.0.1:8080/#x",
  "http://127.0.0.1:8080\\@evil.example.com/",
  "http://127.0.0.1:8080//evil.example.com/%0d%0a",
  "https://127.0.0.1:8080/",
  "http://[::1]/",
  "http://[::ffff:127.0.0.1]:8080/",
  "http://2130706433:8080/",
  "//127.0.0.1:8080/",
  "javascript:alert(1)",
  "wf://callback",
  "",
])("a sign-in leads to no program at %p", async (redirect_uri) => {
  const program = { ...(await sso.program()), redirect_uri }
  expect(await refusalAt(sso.startUrl(it, program))).toEqual([422, "request.invalid"])
})

test.each([
  "http://127.0.0.1:8080",
  "http://127.0.0.1:1/",
  "http://[::1]:65535/back",
  "http://127.0.0.1:9/a/b.c",
])("it leads to one at %p", async (redirect_uri) => {
  const program = { ...(await sso.program()), redirect_uri }
  const response = await fetch(sso.startUrl(it, program), { redirect: "manual" })
  expect(response.status).toBe(302)
})

test("a program without a good challenge or state begins nothing", async () => {
  const program = await sso.program()
  for (const wrong of [
    { code_challenge: "plain" },
    { code_challenge: "" },
    { state: "short" },
    { state: `${"a".repeat(20)}&error=x` },
  ]) {
    expect(await refusalAt(sso.startUrl(it, { ...program, ...wrong }))).toEqual([422, "request.invalid"])
  }
})

/** Answers at one path of the provider, and leaves the others to it. */
function answerAt(path: string, answer: (...given: Parameters<Answering>) => unknown): Answering {
  return (request, response) => {
    if (request.url !== path) return false
    answer(request, response)
    return true
  }
}

const ways: Readonly<Record<string, (...given: Parameters<Answering>) => unknown>> = {
  "with an error": (_, response) => response.writeHead(500).end("down"),
  "that others may not": (_, response) => response.writeHead(401).end('{"error":"invalid_client"}'),
  "with nothing that is JSON": (_, response) => response.end("<html>"),
  // There it would be answered, and whoever asks there has sent a secret along.
  "by leading elsewhere": ({ url }, response) =>
    response.writeHead(307, { location: `${it.provider.issuer}${url}?` }).end(),
  "without an end": (_, response) => {
    const piece = Buffer.alloc(64 * 1024, " ")
    const more = () => {
      if (!response.destroyed) response.write(piece, more)
    }
    more()
  },
  "not at all": (request) => request.socket.destroy(),
}

test("a provider that is away, wherever, is said to be, and changes nothing", async () => {
  const before = await sso.state(it)
  const wrong: string[] = []
  for (const path of ["/token", "/jwks", "/me"]) {
    for (const [way, answer] of Object.entries(ways)) {
      it.reconfigure({})
      const browser = openBrowser()
      const callback = await sso.returned(it, await sso.program(), { person: "ada", browser })
      it.provider.answer(answerAt(path, answer))
      const told = (await sso.heard(browser, callback)).get("error")
      it.provider.answer(undefined)
      if (told !== "oidc.unavailable") wrong.push(`${path} ${way}: ${told}`)
    }
  }
  expect(wrong).toEqual([])
  expect(await sso.state(it)).toEqual(before)
})

test("of what is right nothing is read beyond a bound", async () => {
  for (const path of ["/jwks", "/.well-known/openid-configuration"]) {
    it.reconfigure({})
    const honest = await (await fetch(`${it.provider.issuer}${path}`)).text()
    const padded = (size_kb: number) => {
      const text = honest + " ".repeat(size_kb * 1024)
      it.provider.answer(answerAt(path, (_, response) => response.end(text)))
    }
    padded(600)
    await expect(sso.token(it, "ada")).rejects.toThrow("oidc.unavailable")
    padded(400)
    it.reconfigure({})
    expect(await sso.token(it, "ada")).toBeString()
  }
})

test("a sign-in that can't begin is refused with 503, and works again when the provider does", async () => {
  const start = sso.startUrl(it, await sso.program())
  for (const answer of Object.values(ways)) {
    it.reconfigure({})
    it.provider.answer(answerAt("/.well-known/openid-configuration", answer))
    expect(await refusalAt(start)).toEqual([503, "oidc.unavailable"])
    expect(await refusalAt(`${it.url}/api/v1/auth/oidc/provider`)).toEqual([503, "oidc.unavailable"])
  }
  it.provider.answer(undefined)
  expect((await fetch(start, { redirect: "manual" })).status).toBe(302)
})

test("one that never answers is not waited for longer than a sign-in can wait", async () => {
  it.reconfigure({})
  it.provider.answer(answerAt("/.well-known/openid-configuration", () => undefined))
  const began_ms = performance.now()
  expect(await refusalAt(`${it.url}/api/v1/auth/oidc/provider`)).toEqual([503, "oidc.unavailable"])
  expect(performance.now() - began_ms).toBeLessThan(15_000)
})

test.each([
  ["calls itself another", { issuer: "https://login.example.com" }],
  ["has no keys", { jwks_uri: undefined }],
  ["sends browsers to a script", { authorization_endpoint: "javascript:alert(1)" }],
  ["sends browsers where all can listen", { authorization_endpoint: "http://login.example.com/auth" }],
  ["wants secrets in the clear", { token_endpoint: "http://login.example.com/token" }],
])("a provider that %s signs nobody in", async (_, lie) => {
  const url = `${it.provider.issuer}/.well-known/openid-configuration`
  const honest = (await (await fetch(url)).json()) as object
  it.reconfigure({})
  const document = JSON.stringify({ ...honest, ...lie })
  it.provider.answer(answerAt("/.well-known/openid-configuration", (__, response) => response.end(document)))
  expect(await refusalAt(sso.startUrl(it, await sso.program()))).toEqual([503, "oidc.unavailable"])
})
