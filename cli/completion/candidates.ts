import { profileFile } from "#kernel/config/profiles.ts"
import { cleanLine } from "../clean.ts"
import type { Command } from "../command.ts"
import { nouns, placeOf as orderOf } from "../help/groups.ts"
import { longForms } from "../help/meant.ts"
import { topics } from "../help/topics.ts"
import type { Io } from "../io.ts"
import { choicesOf, isLive } from "./kinds.ts"
import type { Named } from "./live.ts"
import { type Place, placeOf } from "./place.ts"

/** What a shell is told: names, and whether it has to look for files or folders by itself, too. */
export type Candidates = {
  readonly names: readonly Named[]
  readonly also: "nothing" | "files" | "folders" | "workflow files"
  /** What stands before each of them in its word. */
  readonly before: string
}

type Asked = {
  readonly words: readonly string[]
  readonly current: string
  readonly commands: readonly Command[]
}

const firstWords = (commands: readonly Command[]): readonly Named[] => {
  const seen = new Map<string, string>()
  for (const { name, summary } of commands.toSorted(
    (one, other) => orderOf(one.name) - orderOf(other.name),
  )) {
    const [noun = "", verb] = name.split(" ")
    if (verb === undefined || !seen.has(noun))
      seen.set(noun, verb === undefined ? summary : (nouns[noun] ?? ""))
  }
  return [...seen].map(([value, about]) => ({ value, about }))
}

const verbsOf = (noun: string, commands: readonly Command[]): readonly Named[] => {
  const own = commands.flatMap(({ name, summary }) =>
    name.startsWith(`${noun} `) ? [{ value: name.slice(noun.length + 1), about: summary }] : [],
  )
  const also = longForms(noun).flatMap((verb) => {
    const command = commands.find(({ name }) => name === verb)
    return command ? [{ value: verb, about: command.summary }] : []
  })
  return [...own, ...also]
}

const profilesOf = (io: Io): readonly Named[] => {
  try {
    const { profiles } = profileFile(io.environment).read()
    return Object.entries(profiles).map(([value, { url }]) => ({ value, about: url }))
  } catch {
    return []
  }
}

const valuesOf = async (place: Extract<Place, { is: "value" }>, io: Io): Promise<readonly Named[]> => {
  const { kind, given } = place
  if (kind === "profile") return profilesOf(io)
  if (kind === "topic") return Object.entries(topics).map(([value, about]) => ({ value, about }))
  const asked = kind === "workflow-or-file" ? "workflow" : kind
  if (!isLive(asked)) return choicesOf(kind).map((value) => ({ value, about: "" }))
  // The client is loaded only where somebody is asked.
  const { knownNames } = await import("./known-names.ts")
  return knownNames(asked, given, io)
}

const files = { file: "files", folder: "folders", "workflow-or-file": "workflow files" } as const

const max_length = 200
const max_about = 60

/** Nothing that would have to be changed to be shown, and nothing that would be read as an option. */
const isSound = ({ value }: Named): boolean =>
  value !== "" && value.length <= max_length && cleanLine(value) === value && !/^-|\t/.test(value)

const told = (named: readonly Named[]): readonly Named[] =>
  named.filter(isSound).map((one) => {
    const about = cleanLine(one.about).replaceAll("\t", " ")
    return { ...one, about: about.length > max_about ? `${about.slice(0, max_about - 1)}…` : about }
  })

/** Everything that may stand where the cursor is, whatever has been typed of it. */
export const candidatesFor = async ({ words, current, commands }: Asked, io: Io): Promise<Candidates> => {
  const place = placeOf(words, current, commands)
  const nothing = { names: [], also: "nothing", before: "" } as const
  if (place.is === "nothing") return nothing
  if (place.is === "option") {
    const names = place.flags.flatMap((flag) => flag.names.map((value) => ({ value, about: flag.about })))
    return { ...nothing, names }
  }
  if (place.is === "command") {
    const options = ["--help", "--version"].map((value) => ({ value, about: "" }))
    return { ...nothing, names: current.startsWith("-") ? options : firstWords(commands) }
  }
  if (place.is === "verb") return { ...nothing, names: verbsOf(place.noun, commands) }
  const { kind, before } = place
  const also = Object.hasOwn(files, kind) ? files[kind as keyof typeof files] : "nothing"
  return { names: told(await valuesOf(place, io)), also, before }
}
