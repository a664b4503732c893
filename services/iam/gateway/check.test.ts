import { afterAll, beforeAll, expect, test } from "bun:test"
import { Code } from "@connectrpc/connect"
import { Problem } from "#kernel/problem/problem.ts"
import { given, type IamHouse, type Person } from "../given.ts"
import { check } from "./check.ts"

let house: IamHouse
let ada: Person
beforeAll(async () => {
  house = await given.house()
  ada = await given.person(house)
})
afterAll(() => house.close())

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

test("a gateway hears by gRPC whom identity knows", async () => {
  const asked = check(given.secondEye(house))
  const { body } = await given.send(house)("POST", "tokens", { token: ada.token, body: { name: "t" } })
  for (const token of [ada.token, String(body.token)])
    expect(await asked({ method: "GET", headers: bearer(token) })).toEqual({ status: { code: 0 } })
  expect(await asked({ method: "OPTIONS", headers: {} })).toEqual({ status: { code: 0 } })
  for (const headers of [{}, bearer("wft_none"), bearer("a.b.c")]) {
    const denied = await asked({ method: "GET", headers })
    expect(denied).toMatchObject({
      status: { code: Code.Unauthenticated },
      deniedResponse: { status: { code: 401 } },
    })
  }
  const elsewhere = { ...bearer(ada.token), "wf-workspace": "somebody-elses" }
  expect(await asked({ method: "GET", headers: elsewhere })).toMatchObject({
    deniedResponse: { status: { code: 404 } },
  })
})

test("what it can't tell is no yes", async () => {
  const asked = check(() => Promise.reject(new Problem("platform.unavailable")))
  await expect(asked({ method: "GET", headers: bearer(ada.token) })).rejects.toThrow()
})
