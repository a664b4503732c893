import { cleanLine } from "../clean.ts"
import type { Command } from "../command.ts"
import { exit_codes } from "../exit.ts"
import { Failure } from "../failure.ts"
import { nearest } from "./near.ts"

/** What other programs call it. */
const other_words: Readonly<Record<string, string>> = {
  ...{ start: "run", trigger: "run", exec: "run", list: "runs list", ls: "runs list", ps: "runs list" },
  ...{ status: "runs list", follow: "watch", stop: "down", serve: "up", server: "up", check: "validate" },
  ...{ lint: "validate", apply: "push", deploy: "push", tail: "logs -f", abort: "cancel", kill: "cancel" },
  ...{ retry: "rerun", replay: "rerun", invite: "members invite", version: "--version", man: "help" },
  ...{ signin: "login", signout: "logout", auth: "login" },
}

/** Short words for tired fingers, the same below every noun. */
const short_verbs: Readonly<Record<string, string>> = { ls: "list", get: "show", rm: "delete" }

/** What is done with a thing by a word of its own is found below its noun, too. */
const long_forms: Readonly<Record<string, readonly string[]>> = {
  runs: ["watch", "logs", "cancel", "pause", "resume", "rerun", "approve", "reject", "signal"],
  workflows: ["run", "push", "validate", "plan", "schema"],
}

/** Verbs that say much the same. */
const synonyms: readonly (readonly string[])[] = [
  ["create", "new", "add", "make", "register", "invite", "upload"],
  ["delete", "remove", "rm", "del", "drop", "revoke", "end", "cancel", "destroy"],
  ["show", "get", "describe", "view", "info", "inspect", "cat", "status"],
  ["list", "ls", "all", "ps"],
  ["set", "update", "edit", "change", "patch", "limit"],
  ["replay", "retry", "rerun", "redeliver", "requeue"],
  ["resume", "unpause", "continue", "start", "enable"],
  ["pause", "stop", "disable", "hold", "suspend"],
  ["download", "fetch", "pull", "get"],
  ["use", "switch", "select"],
]

type Known = { readonly tops: readonly string[]; readonly verbs: ReadonlyMap<string, readonly string[]> }

const knownOf = (commands: readonly Command[]): Known => {
  const tops: string[] = []
  const verbs = new Map<string, readonly string[]>()
  for (const { name } of commands) {
    const [noun = "", verb] = name.split(" ")
    if (verb === undefined) tops.push(noun)
    else verbs.set(noun, [...(verbs.get(noun) ?? []), verb])
  }
  return { tops, verbs }
}

/** Below a noun, as it is typed or as it is done by itself. */
export const longForms = (noun: string): readonly string[] => long_forms[noun] ?? []

/** The verb of a noun that a word stands for without any doubt. */
const verbOf = (verbs: readonly string[], word: string): string | undefined => {
  const long = Object.hasOwn(short_verbs, word) ? (short_verbs[word] ?? word) : word
  return [word, long].find((verb) => verbs.includes(verb))
}

const likelyVerb = (verbs: readonly string[], word: string): string | undefined =>
  verbOf(verbs, word) ??
  nearest(word, verbs) ??
  synonyms.flatMap((group) => (group.includes(word) ? group : [])).find((verb) => verbs.includes(verb))

const unknown = (word: string, hint: string): Failure =>
  new Failure(exit_codes.usage, `unknown command '${cleanLine(word)}'\n${hint}`)

const didYouMean = (command: string): string => `(Did you mean \`wf ${command}\`?)`

const belowNoun = (
  [noun = "", verb = "", ...rest]: readonly string[],
  { tops, verbs }: Known,
): readonly string[] => {
  const own = verbs.get(noun) ?? []
  const known = verbOf(own, verb)
  if (known !== undefined) return [noun, known, ...rest]
  if (longForms(noun).includes(verb)) return [verb, ...rest]
  // `inbox` is a command by itself, too, whose words are its own.
  if (tops.includes(noun)) return [noun, verb, ...rest]
  const likely = likelyVerb([...own, ...longForms(noun)], verb)
  if (likely !== undefined) throw unknown(`${noun} ${verb}`, didYouMean(`${noun} ${likely}`))
  throw unknown(`${noun} ${verb}`, `There are: ${own.map((one) => `\`wf ${noun} ${one}\``).join(", ")}.`)
}

const hintFor = (word: string, verb: string | undefined, { tops, verbs }: Known): string => {
  if (Object.hasOwn(other_words, word)) return didYouMean(other_words[word] ?? "")
  const likely = nearest(word, [...tops, ...verbs.keys()])
  if (likely === undefined) return "`wf --help` lists all commands."
  const own = verbs.get(likely)
  const below = own && verb !== undefined ? likelyVerb(own, verb) : undefined
  return didYouMean(below === undefined ? likely : `${likely} ${below}`)
}

const isWord = (word: string | undefined): word is string => word !== undefined && !word.startsWith("-")

/** The words of a command as the table has them. Throws where another one was probably meant. */
export const meantWords = (words: readonly string[], commands: readonly Command[]): readonly string[] => {
  const known = knownOf(commands)
  const [first, second] = words
  if (!isWord(first)) return words
  const verb = isWord(second) ? second : undefined
  if (known.verbs.has(first)) return verb === undefined ? words : belowNoun(words, known)
  if (!known.tops.includes(first)) throw unknown(first, hintFor(first, verb, known))
  const below = verb === undefined ? undefined : verbOf(known.verbs.get(`${first}s`) ?? [], verb)
  if (below === undefined) return words
  const [own, other] = [`wf ${first} -- ${verb}`, `${first}s ${below}`]
  throw unknown(`${first} ${verb}`, `${didYouMean(other)}\n\`${own}\` takes \`${verb}\` for a name.`)
}
