import { expect, test } from "bun:test"
import { Problem } from "#kernel/problem/problem.ts"
import type { Actor } from "./actor.ts"
import { api_token_prefix, authenticator } from "./authenticate.ts"

const token = `${api_token_prefix}secret`

const actor: Actor = {
  ...{ kind: "token", user_id: crypto.randomUUID(), email: "ada@example.test", role: "operator" },
  ...{ workspace_id: crypto.randomUUID(), grant_id: crypto.randomUUID() },
}

const authenticate = authenticator({
  validate: (given) => Promise.resolve(given === token ? actor : undefined),
  revoked: () => Promise.resolve({ cursor: "0", subjects: [] }),
  keys: () => Promise.resolve('{"keys":[]}'),
})

const ask = (authorization: string | undefined) => authenticate({ authorization, workspace: undefined })

const basic = (pair: string, scheme = "Basic") => `${scheme} ${Buffer.from(pair).toString("base64")}`

test("a token is taken as a bearer's, or as the password of Basic credentials whose name says nothing", async () => {
  for (const given of [
    `Bearer ${token}`,
    basic(`:${token}`),
    basic(`any one:${token}`),
    basic(`x:${token}`, "BASIC"),
  ])
    expect(await ask(given)).toEqual(actor)
})

test("Basic credentials with another password, or none, are not valid", async () => {
  const pairs = [
    "",
    ":",
    token,
    `${token}:`,
    `${token}:x`,
    `a:b:${token}`,
    `a:${token} `,
    `a:${api_token_prefix}other`,
  ]
  for (const given of [...pairs.map((pair) => basic(pair)), "Basic", "Basic !!!", "Basic  "])
    await expect(ask(given)).rejects.toMatchObject({ code: "auth.invalid" })
})

test("who sends nothing, or by another scheme, is not signed in", async () => {
  for (const given of [undefined, "", "Bearer", "Bearer ", token, `Digest ${token}`])
    await expect(ask(given)).rejects.toMatchObject({ code: "auth.required" })
})

test("what is longer than any of ours is refused, and identity isn't asked about it", async () => {
  let asked = 0
  const counting = authenticator({
    validate: () => {
      asked += 1
      return Promise.resolve(undefined)
    },
    revoked: () => Promise.resolve({ cursor: "0", subjects: [] }),
    keys: () => Promise.resolve('{"keys":[]}'),
  })
  const [long, longer] = ["x".repeat(200), "x".repeat(5_000)]
  const given: [string, string | undefined, string][] = [
    [`Bearer ${api_token_prefix}${long}`, undefined, "auth.invalid"],
    [basic(`a:${api_token_prefix}${long}`), undefined, "auth.invalid"],
    [`Bearer ${longer}`, "w", "auth.invalid"],
    [basic(`a:${longer}`), "w", "auth.invalid"],
    [`Bearer ${token}`, long, "workspace.not_found"],
  ]
  for (const [authorization, workspace, code] of given)
    await expect(counting({ authorization, workspace })).rejects.toMatchObject({ code })
  expect(asked).toBe(0)
  await expect(counting({ authorization: `Bearer ${token}`, workspace: "w" })).rejects.toMatchObject({
    code: "auth.invalid",
  })
  expect(asked).toBe(1)
})

/** A service that asks an identity which answers as the test says, at the test's time. */
const asking = () => {
  const state = { now_ms: 0, answer: (): Promise<Actor | undefined> => Promise.resolve(actor) }
  const identity = {
    validate: () => state.answer(),
    revoked: () => Promise.resolve({ cursor: "0", subjects: [] }),
    keys: () => Promise.resolve('{"keys":[]}'),
  }
  const asked = authenticator(identity, () => state.now_ms)
  const once = () =>
    asked({ authorization: `Bearer ${token}`, workspace: undefined }).then(
      () => "in",
      (error: Problem) => error.code,
    )
  return { state, once }
}

const away = () => Promise.reject(new Problem("platform.unavailable"))

test("without identity a token goes on for a minute after it was good, and then opens nothing", async () => {
  const { state, once } = asking()
  expect(await once()).toBe("in")
  state.answer = away
  state.now_ms += 59_000
  expect(await once()).toBe("in")
  state.now_ms += 1_000
  expect(await once()).toBe("platform.unavailable")
})

test("who was refused once isn't let in by what was known before when identity is away", async () => {
  const { state, once } = asking()
  expect(await once()).toBe("in")
  state.now_ms += 500
  state.answer = () => Promise.reject(new Problem("member.suspended"))
  expect(await once()).toBe("member.suspended")
  state.answer = away
  state.now_ms += 500
  expect(await once()).toBe("member.suspended")
  state.now_ms += 60_000
  expect(await once()).toBe("platform.unavailable")
})

test("many who come at once ask once, and who comes late in an answer's time doesn't wait for the next one", async () => {
  const { state, once } = asking()
  let asked = 0
  const { answer } = state
  state.answer = () => {
    asked += 1
    return answer()
  }
  expect(await Promise.all([once(), once(), once()])).toEqual(["in", "in", "in"])
  expect(asked).toBe(1)
  state.now_ms += 249
  expect(await once()).toBe("in")
  expect(asked).toBe(1)
  state.now_ms += 1
  const late = Promise.withResolvers<never>()
  state.answer = () => {
    asked += 1
    return late.promise
  }
  expect(await Promise.all([once(), once()])).toEqual(["in", "in"])
  expect(asked).toBe(2)
  late.reject(new Problem("member.suspended"))
  await late.promise.catch(() => undefined)
  expect(await once()).toBe("member.suspended")
})
