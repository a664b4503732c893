import { expect, test } from "bun:test"
import { unlisted } from "#deploy/contract/permissions.ts"
import { operations, permissions, roles } from "#kernel/auth/permissions.ts"
import { roles as rolesOfLanguage } from "#language/roles.ts"
import { platformDocument } from "#services/all/document.ts"

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
