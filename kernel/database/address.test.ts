import { expect, test } from "bun:test"
import { parseAddress } from "./address.ts"

test("an address is read as libpq reads it", () => {
  expect(parseAddress("postgres://me:p%40ss@db.test:6000/mine?sslmode=verify-full")).toEqual({
    host: "db.test",
    port: 6000,
    user: "me",
    password: "p@ss",
    database: "mine",
    encryption: "verify-full",
  })
  const socket = parseAddress("postgresql://me@localhost/?host=%2Frun%2Fwf")
  expect([socket.host, socket.port, socket.database, socket.encryption]).toEqual([
    "/run/wf",
    5432,
    "me",
    "disable",
  ])
})

test("an address that can't be meant is refused", () => {
  expect(() => parseAddress("http://db.test")).toThrow("begins with postgres://")
  expect(() => parseAddress("postgres://db.test/x?sslmode=maybe")).toThrow("sslmode=maybe is not supported")
})
