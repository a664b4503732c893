import { afterAll, expect, test } from "bun:test"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dir, "../..")
// Below the root, so that it finds the libraries.
const folder = mkdtempSync(join(root, ".readme-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test("the test that the SDK's README shows passes", () => {
  const page = readFileSync(join(root, "sdk/README.md"), "utf8")
  const [, shown = ""] = /^```ts\n([\s\S]*?testWorkflow[\s\S]*?)^```$/m.exec(page) ?? []
  const text = shown.replaceAll(/"wf\/(\w+)"/g, (_, door: string) => `"#sdk/${door}/index.ts"`)
  writeFileSync(join(folder, "shown.test.ts"), text)
  const { exitCode, stderr } = Bun.spawnSync([process.execPath, "test", join(folder, "shown.test.ts")])
  expect([exitCode, stderr.toString()]).toEqual([0, expect.stringContaining("1 pass")])
})
