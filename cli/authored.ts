import { dirname } from "node:path"
import { type PlacedError, parseWorkflow, placeFaults } from "#language/parse.ts"
import type { Definition } from "#language/schema.ts"
import type { Client, SentFile, Version } from "#sdk/index.ts"
import { readFiles } from "./bundled-files.ts"
import type { Io } from "./io.ts"
import { readWorkflow } from "./workflow-file.ts"

/** A workflow as somebody wrote it, found to be right, with what the files hold that it names. */
export type Authored = {
  readonly path: string
  readonly definition: Definition
  /** As it stands in the file. */
  readonly source: string
  readonly files: readonly SentFile[]
}

/** Undefined when something is wrong. What that is was noted by then: `FILE:LINE:COL: message`, as compilers say it. */
export const readAuthored = (path: string, io: Io): Authored | undefined => {
  const source = readWorkflow(path)
  const parsed = parseWorkflow(source, { file: path })
  if (!parsed.ok) {
    noteAll(io, parsed.errors)
    return undefined
  }
  const { definition, notes = [] } = parsed
  noteAll(io, notes, "note: ")
  const { files, faults } = readFiles(dirname(path), definition.files ?? [])
  const found = faults.map(({ index, message }) => ({ path: ["files", index], message }))
  noteAll(io, placeFaults(source, found, { file: path }))
  return faults.length > 0 ? undefined : { path, definition, source, files }
}

const noteAll = (io: Io, found: readonly PlacedError[], kind = ""): void => {
  for (const { file, line, column, message } of found) io.note(`${file}:${line}:${column}: ${kind}${message}`)
}

export const pushAuthored = ({ workflows }: Client, { source, path, files }: Authored): Promise<Version> =>
  workflows.push(source, path, files.length > 0 ? files : undefined)
