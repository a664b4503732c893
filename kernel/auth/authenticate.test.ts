import { expect, test } from "bun:test"
import { Problem } from "#kernel/problem/problem.ts"
import { until } from "#kernel/testing/until.ts"
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
  await expect(ask(basic(`a:${"x".repeat(5_000)}`))).rejects.toMatchObject({ code: "auth.invalid" })
})

test("who was refused once isn't let in by what was known before when identity is away", async () => {
  const answers: (() => Promise<Actor | undefined>)[] = [
    () => Promise.resolve(actor),
    () => Promise.reject(new Problem("member.suspended")),
    () => Promise.reject(new Problem("platform.unavailable")),
  ]
  const asked = authenticator({
    validate: () => (answers.shift() ?? (() => Promise.reject(new Problem("platform.unavailable"))))(),
    revoked: () => Promise.resolve({ cursor: "0", subjects: [] }),
    keys: () => Promise.resolve('{"keys":[]}'),
  })
  const once = () => asked({ authorization: `Bearer ${token}`, workspace: undefined })
  expect(await once()).toEqual(actor)
  const codes = await refusalsUntil(once, () => answers.length === 0)
  expect(new Set(codes)).toEqual(new Set(["in", "member.suspended"]))
  expect(codes.at(-1)).toBe("member.suspended")
})

/** What is answered over and over until all was asked; answers are kept for half a second each. */
const refusalsUntil = async (once: () => Promise<Actor>, isOver: () => boolean): Promise<string[]> => {
  const codes: string[] = []
  await until("identity was asked each time", async () => {
    codes.push(
      await once().then(
        () => "in",
        (error: Problem) => error.code,
      ),
    )
    return isOver()
  })
  return codes
}
