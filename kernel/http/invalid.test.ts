import { expect, test } from "bun:test"
import { z } from "zod"
import { invalidRequest } from "./invalid.ts"

const shape = z.object({
  link: z.union([
    z.strictObject({ method: z.literal("GET").default("GET"), expires_s: z.int() }),
    z.strictObject({ method: z.literal("PUT"), expires_s: z.int(), size_bytes: z.int() }),
  ]),
})

test.each([
  [{ method: "PUT", expires_s: 1 }, "link.size_bytes"],
  [{ expires_s: "1m" }, "link.expires_s"],
  [{ method: "POST", expires_s: 1 }, "link.method"],
])("of what may be one of several things %j names the field that is wrong", (link, path) => {
  const { error } = shape.safeParse({ link })
  expect(error && invalidRequest(error)).toMatchObject({ errors: [{ path }] })
})
