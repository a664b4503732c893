import { afterAll, beforeAll, expect, test } from "bun:test"
import type { Database } from "#kernel/database/database.ts"
import { systemKit } from "#kernel/service/kit.ts"
import { given } from "../given.ts"
import { openKeys } from "./keys.ts"

let database: Database
beforeAll(async () => {
  database = await given.database()
})
afterAll(() => database.close())

const kit = systemKit()

test("first starts at the same time agree on one key, and another key file doesn't open it", async () => {
  const key = given.key()
  const opened = await Promise.all([1, 2, 3].map(() => openKeys({ database, key, kit })))
  expect(new Set(opened.map(({ jwks }) => jwks)).size).toBe(1)
  expect(opened[0]?.jwks).not.toContain('"d"')
  await expect(openKeys({ database, key: given.key(), kit })).rejects.toThrow("not the key file")
})
