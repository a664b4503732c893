/** Where something was written. */
export type Place = { readonly file: string; readonly line: number; readonly column: number }

const frame = /\(?((?:file:\/\/)?\/[^()]*|[A-Za-z]:\\[^()]*):(\d+):(\d+)\)?$/

/** The file of a line of a stack, as an engine writes it. */
const fileOf = (line: string): string => (frame.exec(line.trim())?.[1] ?? "").replace(/^file:\/\//, "")

/** The file that this is in, which is another one once it has been bundled. */
const here =
  (new Error().stack ?? "")
    .split("\n")
    .map(fileOf)
    .find((path) => path !== "") ?? ""

/** Those of ours that authors call into. */
const own_files: ReadonlySet<string> = new Set([
  here,
  ...["inputs.ts", "plain.ts", "ref.ts", "workflow.ts"].map(
    (name) => new URL(name, `file://${here}`).pathname,
  ),
])

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
