import { expect, test } from "bun:test"
import { unlisted } from "#deploy/contract/permissions.ts"
import { operations, permissions, roles } from "#kernel/auth/permissions.ts"
import { roles as rolesOfLanguage } from "#language/roles.ts"
import { platformDocument } from "#services/all/document.ts"
import { hollowApps } from "#services/all/doors.ts"

const document = platformDocument()

const described = Object.values(document.paths ?? {}).flatMap(
  (item) => Object.values(item as object) as { operationId: string; security?: unknown }[],
)

test("every operation of the document says in the table what it asks for, and no other is there", () => {
  expect(unlisted(document)).toEqual([])
  expect(unlisted({ paths: { "/new": { get: { operationId: "somethingNew" } } } })).toContain("somethingNew")
})

test("what the table calls open needs no bearer, and nothing else", () => {
  const open = described
    .filter(({ security }) => security === undefined)
    .map(({ operationId }) => operationId)
  const listed = Object.keys(operations).filter((id) => operations[id] === "open")
  expect(open.sort()).toEqual(listed.sort())
})

/** What is no operation: the public keys, what the gateway asks, and pages for people, which ask for a password or a link's token. */
const beside = [
  "/.well-known/jwks.json",
  "/check/*",
  "/device",
  "/account/join",
  "/account/reset",
  "/account/verify",
]

test("every door's routes are operations of the document, so that none is left out of what is tried", () => {
  const listed = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.keys(item as object).map(
      (method) => `${method.toUpperCase()} ${path.replace(/\{[^}]+\}/g, "{}")}`,
    ),
  )
  const known = new Set(listed)
  const mounted = Object.values(hollowApps())
    .flatMap(({ routes }) => routes)
    .filter(({ path }) => path !== "/*" && !beside.includes(path))
    .map(({ method, path }) => `${method} ${path.replace(/:\w+(?:\{[^}]*\})?/g, "{}")}`)
  expect(mounted.length).toBeGreaterThan(100)
  expect([...new Set(mounted)].filter((route) => !known.has(route))).toEqual([])
})

test("workflows, the command line and the services know the same roles", () => {
  expect(rolesOfLanguage).toEqual(roles)
})

test("every permission is asked for, and a role has all that a lower one has", () => {
  const beside = new Set(["job.command", "subscription.manage"])
  const asked = new Set<string>(Object.values(operations))
  expect(Object.keys(permissions).filter((name) => !asked.has(name) && !beside.has(name))).toEqual([])
  for (const allowed of Object.values(permissions)) {
    const lowest = Math.min(...allowed.map((role) => roles.indexOf(role)))
    expect([...allowed].sort()).toEqual([...roles.slice(lowest)].sort())
  }
})
