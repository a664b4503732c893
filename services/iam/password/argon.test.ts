import { expect, test } from "bun:test"
import { argonPasswords } from "./argon.ts"

const at_once = 2
const in_line = 64

const outcomes = (works: readonly Promise<boolean>[]) =>
  Promise.all(
    works.map((work) =>
      work.then(
        (matches) => (matches ? "right" : "wrong"),
        (error: { code?: string }) => error.code,
      ),
    ),
  )

const count = (of: readonly unknown[], what: string) => of.filter((one) => one === what).length

test("so many passwords are looked at or wait, and whoever comes then is told to come again", async () => {
  const { hash, verify } = argonPasswords()
  const known = await hash("correct horse battery")
  const tried = Array.from({ length: at_once + in_line + 5 }, () => verify("correct horse battery", known))
  const answers = await outcomes(tried)
  expect([count(answers, "right"), count(answers, "platform.busy")]).toEqual([at_once + in_line, 5])
}, 60_000)

test("for an account that there isn't, the same is done as for one that there is", async () => {
  const { hash, verify } = argonPasswords()
  await verify("first of all", await hash("warm"))
  const tried = Array.from({ length: at_once + in_line + 5 }, () => verify("anything", undefined))
  const answers = await outcomes(tried)
  expect([count(answers, "wrong"), count(answers, "platform.busy")]).toEqual([at_once + in_line, 5])
}, 60_000)
