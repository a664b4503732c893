import { expect, test } from "bun:test"
import { breaker } from "./breaker.ts"

const given = () => breaker({ max_failures: 3, open_ms: 1_000 })

const broken = () => {
  const guard = given()
  for (let failure = 0; failure < 3; failure += 1) guard.failed(0)
  return guard
}

test("calls go while fewer have failed than may", () => {
  const guard = given()
  guard.failed(0)
  guard.failed(0)
  expect(guard.refusal(0)).toBeUndefined()
})

test("after too many failures in a row calls are refused, with the time that is left", () => {
  expect(broken().refusal(400)).toBe(600)
})

test("a success between failures counts them anew", () => {
  const guard = given()
  for (let call = 0; call < 10; call += 1) {
    guard.failed(0)
    guard.failed(0)
    guard.succeeded()
  }
  expect(guard.refusal(0)).toBeUndefined()
})

test("when the time is over one call goes through, and the others wait for what it finds", () => {
  const guard = broken()
  expect(guard.refusal(1_000)).toBeUndefined()
  expect(guard.refusal(1_000)).toBe(1_000)
})

test("a trial that succeeds lets all calls through again", () => {
  const guard = broken()
  guard.refusal(1_000)
  guard.succeeded()
  expect(guard.refusal(1_001)).toBeUndefined()
  expect(guard.refusal(1_001)).toBeUndefined()
})

test("a trial that fails keeps it open for as long again", () => {
  const guard = broken()
  guard.refusal(1_000)
  guard.failed(1_500)
  expect(guard.refusal(2_000)).toBe(500)
})
