/** Where something was written. */
export type Place = { readonly file: string; readonly line: number; readonly column: number }

const frame = /\(?((?:file:\/\/)?\/[^()]*|[A-Za-z]:\\[^()]*):(\d+):(\d+)\)?$/

/** Those of ours that authors call into. */
const own_files: ReadonlySet<string> = new Set(
  ["inputs.ts", "place.ts", "plain.ts", "ref.ts", "workflow.ts"].map(
    (name) => new URL(name, import.meta.url).pathname,
  ),
)

/** Of an error, the first place that isn't ours; undefined where an engine doesn't tell. */
export const placeOf = (error: Error): Place | undefined => {
  for (const line of (error.stack ?? "").split("\n")) {
    const [, file = "", row, column] = frame.exec(line.trim()) ?? []
    const path = file.replace(/^file:\/\//, "")
    if (path === "" || own_files.has(path)) continue
    return { file: path, line: Number(row), column: Number(column) }
  }
  return undefined
}
