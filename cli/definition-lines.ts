import { stringify } from "yaml"
import type { VersionFile } from "#language/bundle.ts"

const max_hash_chars = 12

/** As `wf workflows show` prints it; then a line for each file, which is another one when its content is. */
export const definitionLines = (definition: object, files: readonly VersionFile[]): readonly string[] => [
  ...stringify(definition).trimEnd().split("\n"),
  ...files.map(({ path, executable, size_bytes, sha256 }) => {
    const kind = executable ? "program" : "file"
    return `# ${kind} ${path}: ${size_bytes} bytes, sha256 ${sha256.slice(0, max_hash_chars)}`
  }),
]
