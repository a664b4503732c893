import { expect, test } from "bun:test"
import { ConfigError } from "#kernel/config/config.ts"
import { originsIn, withCors } from "./cors.ts"

const ours = "https://app.example.com"
const answer = () => Response.json({ secret: 1 })

const ask = async (origins: readonly string[], headers: Record<string, string>, method = "GET") => {
  const response = await withCors(answer, origins)(new Request("http://wf.test/x", { method, headers }))
  const { status } = response
  return { status, allowed: response.headers.get("access-control-allow-origin"), headers: response.headers }
}

test("a page of a known origin may read what is answered, and no other page", async () => {
  expect(await ask([ours], { origin: ours })).toMatchObject({ status: 200, allowed: ours })
  const strange = [
    "https://evil.example",
    "https://app.example.com.evil.example",
    "http://app.example.com",
    `${ours}:8443`,
    `${ours}, https://evil.example`,
    "null",
    "",
  ]
  for (const origin of strange) {
    const { allowed, headers } = await ask([ours], { origin })
    expect([origin, allowed, headers.get("vary")]).toEqual([origin, null, "origin"])
  }
})

test("what a page wants to send is answered before it sends it", async () => {
  const wants = { "access-control-request-method": "POST" }
  const { status, allowed, headers } = await ask([ours], { origin: ours, ...wants }, "OPTIONS")
  expect([status, allowed]).toEqual([204, ours])
  for (const header of ["authorization", "idempotency-key", "last-event-id", "x-checksum-sha256"])
    expect(headers.get("access-control-allow-headers")).toContain(header)
  expect(headers.get("access-control-allow-credentials")).toBeNull()
  const stranger = await ask([ours], { origin: "https://evil.example", ...wants }, "OPTIONS")
  expect([stranger.allowed, stranger.headers.get("access-control-allow-methods")]).toEqual([null, null])
})

test("without known origins nothing is said, and nothing is done for it", async () => {
  expect(withCors(answer, [])).toBe(answer)
})

test("origins are read from the settings", () => {
  expect(originsIn({})).toEqual([])
  expect(originsIn({ WF_WEB_ORIGIN: `${ours}, http://localhost:3000` })).toEqual([
    ours,
    "http://localhost:3000",
  ])
  for (const wrong of ["*", "app.example.com", `${ours}/`, `${ours}/path`, "javascript:alert(1)", "null"])
    expect(() => originsIn({ WF_WEB_ORIGIN: wrong })).toThrow(ConfigError)
})
