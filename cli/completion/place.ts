import type { Command, Options } from "../command.ts"
import { meantWords } from "../help/meant.ts"
import { common_options } from "../options-of-all.ts"
import { type Kind, kindOfArgument, kindOfOption } from "./kinds.ts"

type Flag = {
  readonly names: readonly string[]
  readonly about: string
  readonly takes_value: boolean
  readonly is_repeated: boolean
}

/** What may stand where the cursor is. */
export type Place =
  | { readonly is: "command" }
  | { readonly is: "verb"; readonly noun: string }
  | { readonly is: "option"; readonly flags: readonly Flag[] }
  | {
      readonly is: "value"
      readonly kind: Kind
      readonly given: Given
      /** What is before the value in the same word: `--task=`. */
      readonly before: string
    }
  | { readonly is: "nothing" }

/** What was said before. */
export type Given = {
  readonly command: string
  readonly positionals: readonly string[]
  readonly options: Options
}

const flagsOf = (command: Command): readonly Flag[] => {
  const help = ["-h, --help", "show how it is used"] as const
  return [...(command.options ?? []), ...common_options, help].map(([flags, about]) => ({
    names: flags.replace(/ [<[].*$/, "").split(", "),
    about,
    takes_value: / </.test(flags),
    is_repeated: flags.endsWith("...>"),
  }))
}

const longNameOf = ({ names }: Flag): string => names.at(-1) ?? ""

/** `--max-retries` as commands know it. */
const optionName = (flag: Flag): string =>
  longNameOf(flag)
    .replace(/^--/, "")
    .replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())

type Read = {
  readonly positionals: readonly string[]
  readonly options: Record<string, string>
  readonly used: ReadonlySet<Flag>
  /** The option whose value comes next. */
  readonly open: Flag | undefined
  readonly only_words: boolean
}

const read = (words: readonly string[], flags: readonly Flag[]): Read => {
  const positionals: string[] = []
  const options: Record<string, string> = {}
  const used = new Set<Flag>()
  let open: Flag | undefined
  let only_words = false
  for (const word of words) {
    if (open) {
      options[optionName(open)] = word
      open = undefined
    } else if (only_words || !/^-./.test(word)) positionals.push(word)
    else if (word === "--") only_words = true
    else {
      const [name = "", ...value] = word.split("=")
      const flag = flags.find(({ names }) => names.includes(name))
      if (flag === undefined) continue
      used.add(flag)
      if (value.length > 0) options[optionName(flag)] = value.join("=")
      else if (flag.takes_value) open = flag
    }
  }
  return { positionals, options, used, open, only_words }
}

const known = (words: readonly string[], commands: readonly Command[]): readonly string[] => {
  try {
    return meantWords(words, commands)
  } catch {
    return words
  }
}

const find = (words: readonly string[], commands: readonly Command[]) => {
  const two = commands.find(({ name }) => name === words.slice(0, 2).join(" "))
  if (two?.name.includes(" ")) return { command: two, rest: words.slice(2) }
  const one = commands.find(({ name }) => name === words[0])
  return one && { command: one, rest: words.slice(1) }
}

/** What may come next, by the words so far and the beginning of the next one. */
export const placeOf = (words: readonly string[], current: string, commands: readonly Command[]): Place => {
  if (words.length === 0) return { is: "command" }
  const meant = known(words, commands)
  const found = find(meant, commands)
  if (!found) {
    const [noun = ""] = meant
    const is_noun = commands.some(({ name }) => name.startsWith(`${noun} `))
    return meant.length === 1 && is_noun ? { is: "verb", noun } : { is: "nothing" }
  }
  return within(found.command, found.rest, current)
}

const within = (command: Command, words: readonly string[], current: string): Place => {
  const flags = flagsOf(command)
  const { positionals, options, used, open, only_words } = read(words, flags)
  const given = { command: command.name, positionals, options }
  const valueFor = (flag: Flag, before: string): Place => ({
    is: "value",
    kind: kindOfOption(command.name, longNameOf(flag)),
    given,
    before,
  })
  if (open) return valueFor(open, "")
  if (!only_words && current.startsWith("-")) {
    const [name = "", ...value] = current.split("=")
    const flag = flags.find(({ names, takes_value }) => takes_value && names.includes(name))
    if (value.length > 0) return flag ? valueFor(flag, `${name}=`) : { is: "nothing" }
    return { is: "option", flags: flags.filter((one) => one.is_repeated || !used.has(one)) }
  }
  const last = command.arguments?.at(-1)
  const argument = command.arguments?.[positionals.length] ?? (last?.includes("...") ? last : undefined)
  if (argument === undefined) return { is: "nothing" }
  return { is: "value", kind: kindOfArgument(command.name, argument) ?? "free", given, before: "" }
}
