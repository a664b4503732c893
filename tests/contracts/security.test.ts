import { expect, test } from "bun:test"
import { existsSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dir, "../..")

type Row = { readonly guards: readonly string[]; readonly test: string; readonly name: string }

const namesIn = (cell: string): readonly string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name)

const rowOf = (line: string): Row | undefined => {
  const [, , guard = "", proof = ""] = line.split(/ *(?<!\\)\| */)
  const [, file, name] = /^`([^`]+)`: (.+)$/.exec(proof) ?? []
  return file !== undefined && name !== undefined ? { guards: namesIn(guard), test: file, name } : undefined
}

const rows = (await Bun.file(join(root, "docs/security-tests.md")).text())
  .split("\n")
  .flatMap((line) => rowOf(line) ?? [])

test("every guard that is named against an attack is there, and so is its test", async () => {
  expect(rows.length).toBeGreaterThan(80)
  const missing: string[] = []
  for (const { guards, test: file, name } of rows) {
    missing.push(...[...guards, file].filter((path) => !existsSync(join(root, path))))
    const text = existsSync(join(root, file)) ? await Bun.file(join(root, file)).text() : ""
    if (!text.includes(`"${name}"`)) missing.push(`${file}: ${name}`)
  }
  expect(missing).toEqual([])
})
