import { afterEach, beforeEach, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { profileFile } from "./profiles.ts"
import { ProfilesError } from "./profiles-error.ts"

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "wf-profiles-"))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const file = () => profileFile({ XDG_CONFIG_HOME: home })

test("where there is no file there are no profiles", () => {
  expect(file().read()).toEqual({ profiles: {} })
})

test("what was written is read again, also over what was there", () => {
  file().write({ current: "a", profiles: { a: { url: "http://a", token: "secret" } } })
  const next = { current: "b", profiles: { b: { url: "http://b", workspace: "team", token_file: "/token" } } }
  file().write(next)
  expect(file().read()).toEqual(next)
})

test("nobody else may read it, and no draft is left", () => {
  file().write({ profiles: { a: { url: "http://a", token: "secret" } } })
  const folder = join(home, "wf")
  expect(readdirSync(folder)).toEqual(["profiles.json"])
  expect(statSync(join(folder, "profiles.json")).mode & 0o777).toBe(0o600)
  expect(statSync(folder).mode & 0o777).toBe(0o700)
})

const broken = [
  "",
  "{",
  "[]",
  '{"profiles":{"a":{}}}',
  '{"profiles":{"a":{"url":5}}}',
  '{"profiles":[]}',
  "null",
]

test.each([...broken, '{"current":1,"profiles":{}}', '{"profiles":{"a":{"url":"x","token":null}}}'])(
  "a file that holds %p is refused with what to do",
  (text) => {
    mkdirSync(join(home, "wf"))
    writeFileSync(join(home, "wf", "profiles.json"), text)
    expect(() => file().read()).toThrow(ProfilesError)
    expect(() => file().read()).toThrow("Remove it and sign in again")
  },
)

test("an empty XDG_CONFIG_HOME is none, and not the folder one happens to be in", () => {
  const before = process.cwd()
  mkdirSync(join(home, "wf"))
  writeFileSync(join(home, "wf", "profiles.json"), "broken")
  process.chdir(home)
  try {
    expect(() => profileFile({ XDG_CONFIG_HOME: "" }).read()).not.toThrow()
  } finally {
    process.chdir(before)
  }
})
