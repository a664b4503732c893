import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"

// Brings the program of the API reference page, as its makers have built it for pages, and keeps it compressed. As a
// dependency it would bring 270 MB that only they need to build it.
const library = "@scalar/api-reference"
const version = "1.72.1"
const built = "package/dist/browser/standalone.js"

const kept = join(import.meta.dir, "../../services/all/reference/generated/scalar.js.gz")

const run = (words: readonly string[], cwd: string): string => {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...words], { cwd })
  if (exitCode !== 0) throw new Error(`${words.join(" ")}:\n${stderr}`)
  return stdout.toString()
}

const folder = mkdtempSync(join(tmpdir(), "wf-reference-"))
try {
  const archive = run(["npm", "pack", "--silent", `${library}@${version}`], folder).trim()
  run(["tar", "-xzf", archive, built], folder)
  const text = readFileSync(join(folder, built))
  writeFileSync(kept, gzipSync(text, { level: 9 }))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
