import type { Command } from "../command.ts"
import { exit_codes } from "../exit.ts"
import type { Io } from "../io.ts"
import { bashReplies, wordsOf } from "./bash.ts"
import { type Candidates, candidatesFor } from "./candidates.ts"
import { workflowFiles } from "./files.ts"

/** The first line of what a shell's script is answered: what it does besides. */
const first_lines = {
  nothing: ":names",
  files: ":files",
  folders: ":folders",
  "workflow files": ":files",
} as const

/** bash says the line as it stands; its words, and what is put in the place of the last one, are our part. */
const forBash = async (
  [line = "", breaks = " \t\n\"'><=;|&(:"]: readonly string[],
  commands: readonly Command[],
  io: Io,
): Promise<readonly string[]> => {
  const words = wordsOf(line)
  const word = words.at(-1)
  if (word === undefined) return [":names"]
  const before = words.slice(1, -1).map(({ text }) => text)
  const found = await candidatesFor({ words: before, current: word.text, commands }, io)
  const names = [...found.names, ...(found.also === "workflow files" ? workflowFiles(word.text) : [])]
  const whole = names.map((one) => ({ ...one, value: `${found.before}${one.value}` }))
  const replies = bashReplies(whole, word, breaks)
  const only = whole.filter(({ value }) => value.startsWith(word.text))
  if (only.length === 1 && only[0]?.is_open) return [":open", ...replies]
  return [found.also === "workflow files" ? ":names" : first_lines[found.also], ...replies]
}

/** Both know best how their words are quoted, and which of these fit; fish takes whole words. */
const forOthers =
  (prefixed: (found: Candidates) => string) =>
  async (words: readonly string[], commands: readonly Command[], io: Io): Promise<readonly string[]> => {
    const current = words.at(-1) ?? ""
    const found = await candidatesFor({ words: words.slice(0, -1), current, commands }, io)
    const lines = found.names.map(
      ({ value, about, is_open }) => `${prefixed(found)}${value}\t${about}${is_open ? "\topen" : ""}`,
    )
    return [first_lines[found.also], ...lines]
  }

/** `wf __complete SHELL …`, which the scripts of `wf completion` call at each TAB. */
export const answerCompletion = async (
  [shell, ...words]: readonly string[],
  commands: readonly Command[],
  io: Io,
): Promise<number> => {
  const lines = await {
    bash: forBash,
    zsh: forOthers(() => ""),
    fish: forOthers(({ before }) => before),
  }[shell as "bash" | "zsh" | "fish"]?.(words, commands, io)
  for (const line of lines ?? []) io.out(line)
  return exit_codes.done
}
