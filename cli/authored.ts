import { realpathSync } from "node:fs"
import { dirname } from "node:path"
import { checkDefinition } from "#language/check.ts"
import type { DefinitionError } from "#language/fault.ts"
import { type PlacedError, parseWorkflow, placeFaults } from "#language/parse.ts"
import type { Definition } from "#language/schema.ts"
import type { Client, SentFile, Version } from "#sdk/index.ts"
import { readFiles } from "./bundled-files.ts"
import { cleanLine } from "./clean.ts"
import { evaluateProgram } from "./evaluation/evaluate.ts"
import type { Told } from "./evaluation/told.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"
import type { Io } from "./io.ts"
import { isProgram, readWorkflow } from "./workflow-file.ts"

/** A workflow as somebody wrote it, found to be right, with what the files hold that it names. */
export type Authored = {
  readonly path: string
  readonly definition: Definition
  /** As it stands in the file; absent where a program has made it. */
  readonly source?: string
  readonly files: readonly SentFile[]
}

/**
 * All workflows of a file; undefined when something is wrong. What that is was noted by then: `FILE:LINE:COL: message`,
 * as compilers say it.
 */
export const readAuthored = async (path: string, io: Io): Promise<readonly Authored[] | undefined> => {
  const source = readWorkflow(path)
  if (isProgram(path)) return readProgram(path, io)
  const authored = readText(path, source, io)
  return authored && [authored]
}

/** The only one of a file, for what is done with one. */
export const readOne = async (path: string, io: Io): Promise<Authored | undefined> => {
  const all = await readAuthored(path, io)
  if (all === undefined || all.length === 1) return all?.[0]
  const names = all.map(({ definition }) => definition.name).join(", ")
  throw new Failure(
    exit_codes.usage,
    `${path} has ${all.length} workflows: ${names}. Push it with \`wf push\`, and name the one that is meant.`,
  )
}

const readText = (path: string, source: string, io: Io): Authored | undefined => {
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

const readProgram = async (path: string, io: Io): Promise<readonly Authored[] | undefined> => {
  const told = await evaluateProgram(path, io)
  if (told.ok) {
    const read = told.flows.map((flow) => readMade(path, flow, io))
    const right = read.filter((one) => one !== undefined)
    return right.length < read.length ? undefined : right
  }
  noteAll(
    io,
    told.errors.map((error) => placedAt(path, error)),
  )
  return undefined
}

type Made = Extract<Told, { ok: true }>["flows"][number]

const readMade = (path: string, { definition: made, places }: Made, io: Io): Authored | undefined => {
  const at = (error: DefinitionError): PlacedError =>
    placedAt(path, { ...placeIn(places, error.path), message: said(error) })
  const checked = checkDefinition(made)
  if (!checked.ok) {
    noteAll(io, checked.errors.map(at).toSorted(byPlace))
    return undefined
  }
  const { definition, notes = [] } = checked
  noteAll(io, notes.map(at), "note: ")
  const { files, faults } = readFiles(dirname(path), definition.files ?? [])
  noteAll(
    io,
    faults.map(({ index, message }) => at({ path: `files[${index}]`, message })),
  )
  return faults.length > 0 ? undefined : { path, definition, files }
}

const byPlace = (one: PlacedError, other: PlacedError): number =>
  one.line - other.line || one.column - other.column

const said = ({ path, message }: DefinitionError): string => (path === "" ? message : `${path}: ${message}`)

/** Of the longest part of the path that has a place; the empty one is where the workflow begins. */
const placeIn = (places: Made["places"], path: string) => {
  const [section = "", name = ""] = path.split(/[.[]/)
  return places[`${section}.${name}`] ?? places[section] ?? places[""]
}

type Somewhere = {
  readonly file?: string | undefined
  readonly line?: number | undefined
  readonly column?: number | undefined
  readonly message: string
}

/** Shown as the author has named it, also where the process that ran it knows its whole path. */
const placedAt = (path: string, { file, line = 1, column = 1, message }: Somewhere): PlacedError => {
  const is_other = file !== undefined && realpathSync(path) !== file
  return { file: is_other ? file : path, line, column, message, path: "" }
}

const noteAll = (io: Io, found: readonly PlacedError[], kind = ""): void => {
  for (const { file, line, column, message } of found) {
    // Somebody else may have written the file: its words don't steer the terminal, and pass for no other line.
    io.note(cleanLine(`${file}:${line}:${column}: ${kind}${message}`))
  }
}

export const pushAuthored = (
  { workflows }: Client,
  { definition, source, path, files }: Authored,
): Promise<Version> => {
  const sent = files.length > 0 ? files : undefined
  return source === undefined
    ? workflows.pushDefinition(definition, sent)
    : workflows.push(source, path, sent)
}
