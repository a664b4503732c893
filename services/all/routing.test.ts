import { expect, test } from "bun:test"
import type { Running } from "#kernel/service/running.ts"
import { routing } from "./routing.ts"

const http = (name: string) => ({ name }) as unknown as Running["http"]
const [one, other] = [http("one"), http("other")]

const serviceOf = routing([
  { method: "GET", path: "/things", http: one },
  { method: "POST", path: "/things", http: other },
  { method: "GET", path: "/things/:id", http: one },
  { method: "GET", path: "/things/:id/parts", http: other },
  { method: "GET", path: "/things/latest/news", http: other },
])

const asked = (method: string, path: string) =>
  serviceOf(new Request(`http://platform:4400${path}`, { method }))

test("a request goes to the service that declares its route", () => {
  expect(asked("GET", "/things")).toBe(one)
  expect(asked("GET", "/things?limit=1/2")).toBe(one)
  expect(asked("POST", "/things")).toBe(other)
  expect(asked("GET", "/things/17")).toBe(one)
  expect(asked("GET", "/things/a%20b")).toBe(one)
  expect(asked("GET", "/th%69ngs")).toBe(one)
  expect(asked("GET", "/things/%zz")).toBe(one)
  expect(asked("GET", "/things/17/parts")).toBe(other)
})

test("a name leads on where the same place of another route has a variable", () => {
  expect(asked("GET", "/things/latest/news")).toBe(other)
  expect(asked("GET", "/things/latest/parts")).toBe(other)
  expect(asked("GET", "/things/latest")).toBe(one)
})

test("who asks for the head of something asks the one that has it", () => {
  expect(asked("HEAD", "/things/17")).toBe(one)
})

test("what nobody declares is nobody's", () => {
  for (const path of [
    "/",
    "/thing",
    "/things/",
    "/things/17/",
    "/things//parts",
    "/things/17/parts/1",
    "//things",
  ])
    expect([path, asked("GET", path)]).toEqual([path, undefined])
  expect(asked("DELETE", "/things")).toBeUndefined()
})
