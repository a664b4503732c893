import { expect, test } from "bun:test"
import type { AskProvider } from "./ask.ts"
import { discovery } from "./discover.ts"

const issuer = "https://login.example.com"

/** What is known of a provider that counts what it is asked and can be away, by a clock that stands still. */
const given = () => {
  const it = { asked: 0, is_away: false, now_ms: 5_000 }
  const names = ["authorization_endpoint", "token_endpoint", "jwks_uri"]
  const urls = Object.fromEntries(names.map((name) => [name, `${issuer}/${name}`]))
  const ask: AskProvider = () => {
    it.asked += 1
    const answer = { status: 200, text: JSON.stringify({ issuer, ...urls }) }
    return Promise.resolve(it.is_away ? { status: 503, text: "" } : answer)
  }
  return { it, ...discovery(issuer, ask, () => it.now_ms) }
}

test("who asks over and over whether the provider is there is answered with what it said seconds ago", async () => {
  const { it, present } = given()
  const first = await present()
  it.now_ms += 9_999
  expect([await present(), it.asked]).toEqual([first, 1])
  it.now_ms += 1
  await Promise.all([present(), present()])
  expect(it.asked).toBe(2)
})

test("what is known is replaced when the new answer has come, and not before", async () => {
  const { it, present, recent } = given()
  const first = await present()
  it.now_ms += 10_000
  it.is_away = true
  expect(present()).rejects.toThrow("answered with 503")
  expect(await recent()).toBe(first)
  await expect(present()).rejects.toThrow("answered with 503")
  expect([await recent(), it.asked]).toEqual([first, 3])
  it.is_away = false
  const second = await present()
  expect(second).not.toBe(first)
  expect(await recent()).toBe(second)
})

test("what is known for ten minutes is asked for again", async () => {
  const { it, recent } = given()
  await recent()
  it.now_ms += 599_999
  await recent()
  expect(it.asked).toBe(1)
  it.now_ms += 1
  await recent()
  expect(it.asked).toBe(2)
})
