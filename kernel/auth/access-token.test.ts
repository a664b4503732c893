import { beforeAll, expect, test } from "bun:test"
import { createHmac } from "node:crypto"
import { exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from "jose"
import { until } from "#kernel/testing/until.ts"
import { access_token, accessTokenVerifier } from "./access-token.ts"

type Pair = Awaited<ReturnType<typeof generateKeyPair>>

let pair: Pair
let other: Pair
let jwks: string
let public_jwk: JWK

beforeAll(async () => {
  pair = await generateKeyPair("ES256", { extractable: true })
  other = await generateKeyPair("ES256", { extractable: true })
  public_jwk = { ...(await exportJWK(pair.publicKey)), kid: "one", alg: "ES256", use: "sig" }
  jwks = JSON.stringify({ keys: [public_jwk] })
})

const now_s = () => Math.floor(Date.now() / 1000)

const goodClaims = () => ({
  iss: access_token.issuer,
  aud: access_token.audience,
  sub: crypto.randomUUID(),
  jti: crypto.randomUUID(),
  email: "ada@example.test",
  workspace_id: crypto.randomUUID(),
  session_id: crypto.randomUUID(),
  role: "developer",
  iat: now_s(),
  exp: now_s() + 60,
})

type Change = { claims?: Record<string, unknown>; header?: Record<string, unknown>; key?: Pair["privateKey"] }

const signed = ({ claims = {}, header = {}, key = pair.privateKey }: Change = {}) =>
  new SignJWT({ ...goodClaims(), ...claims })
    .setProtectedHeader({ alg: "ES256", typ: access_token.type, kid: "one", ...header })
    .sign(key)

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url")

const verify = (token: string) => accessTokenVerifier(() => Promise.resolve(jwks))(token)

test("a token as identity issues it says who somebody is", async () => {
  expect(await verify(await signed())).toMatchObject({ kind: "user", role: "developer" })
})

test("a token without a signature is refused", async () => {
  const header = { alg: "none", typ: access_token.type, kid: "one" }
  expect(await verify(`${encoded(header)}.${encoded(goodClaims())}.`)).toBeUndefined()
})

test("a token signed with the public key as a shared secret is refused", async () => {
  const header = { alg: "HS256", typ: access_token.type, kid: "one" }
  const text = `${encoded(header)}.${encoded(goodClaims())}`
  for (const secret of [await exportSPKI(pair.publicKey), JSON.stringify(public_jwk), jwks]) {
    const signature = createHmac("sha256", secret).update(text).digest("base64url")
    expect(await verify(`${text}.${signature}`)).toBeUndefined()
  }
})

test("a token signed by another key is refused, whichever key it names or carries", async () => {
  const jwk = { ...(await exportJWK(other.publicKey)), kid: "two" }
  const headers = [{}, { kid: "two" }, { jwk }, { jku: "https://example.test/jwks.json" }, { kid: "../one" }]
  for (const header of headers) {
    expect(await verify(await signed({ key: other.privateKey, header }))).toBeUndefined()
  }
})

test("a token of another issuer, audience or type is refused", async () => {
  const changes: Change[] = [
    { claims: { iss: "somebody" } },
    { claims: { aud: "something" } },
    { header: { typ: "JWT" } },
    { header: { typ: "wf-service+jwt" } },
  ]
  for (const change of changes) expect(await verify(await signed(change))).toBeUndefined()
})

test("a token that has expired, or never does, is refused", async () => {
  expect(await verify(await signed({ claims: { exp: now_s() - 1 } }))).toBeUndefined()
  expect(await verify(await signed({ claims: { exp: undefined } }))).toBeUndefined()
})

test("a token that lacks what identity says, or has a role that isn't one, is refused", async () => {
  for (const claim of ["sub", "jti", "email", "workspace_id", "session_id", "role"]) {
    expect(await verify(await signed({ claims: { [claim]: undefined } }))).toBeUndefined()
  }
  expect(await verify(await signed({ claims: { role: "god" } }))).toBeUndefined()
})

test("a token whose claims were changed is refused", async () => {
  const [header, , signature] = (await signed()).split(".")
  const forged = encoded({ ...goodClaims(), role: "owner" })
  expect(await verify(`${header}.${forged}.${signature}`)).toBeUndefined()
})

test("a token by a key that is shown for another algorithm is refused: identity signs with one alone", async () => {
  const strange = await generateKeyPair("ES384", { extractable: true })
  const jwk = { ...(await exportJWK(strange.publicKey)), kid: "strange", use: "sig" }
  const loaded = JSON.stringify({ keys: [public_jwk, jwk] })
  const token = await new SignJWT(goodClaims())
    .setProtectedHeader({ alg: "ES384", typ: access_token.type, kid: "strange" })
    .sign(strange.privateKey)
  expect(await accessTokenVerifier(() => Promise.resolve(loaded))(token)).toBeUndefined()
})

test("keys that nobody knows make identity be asked now and then, however many come", async () => {
  let asked = 0
  let now_ms = 0
  const load = () => {
    asked += 1
    return Promise.resolve(jwks)
  }
  const verifier = accessTokenVerifier(load, () => now_ms)
  const tokens = await Promise.all(
    Array.from({ length: 20 }, (_, index) => signed({ key: other.privateKey, header: { kid: `k${index}` } })),
  )
  for (const token of tokens) expect(await verifier(token)).toBeUndefined()
  expect(asked).toBe(1)
  now_ms += 5_000
  for (const token of tokens) await verifier(token)
  expect(asked).toBe(2)
})

test("a token that was believed a moment ago isn't any more once it has ended", async () => {
  const verifier = accessTokenVerifier(() => Promise.resolve(jwks))
  const ends_s = now_s() + 2
  const token = await signed({ claims: { exp: ends_s } })
  expect(await verifier(token)).toBeDefined()
  await until("it has ended", async () => (await verifier(token)) === undefined)
  expect(Date.now() / 1000).toBeLessThan(ends_s + 3)
})
