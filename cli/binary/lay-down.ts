import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

/** Files that are kept in the program itself, as a folder of their own. */
export const layDown = (files: Readonly<Record<string, string>>): string => {
  const folder = mkdtempSync(join(tmpdir(), "wf-examples-"))
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, Buffer.from(content, "base64"), { mode: name.endsWith(".sh") ? 0o755 : 0o644 })
  }
  return folder
}
