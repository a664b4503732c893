import type { ChooseDeadLetters } from "#sdk/index.ts"
import { flag, type Given, text } from "./command.ts"
import { confirm } from "./confirm.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"
import type { Io } from "./io.ts"

export type Chosen = { readonly id: string } | { readonly many: ChooseDeadLetters }

/** One by its id, or many by what they have in common; many have to be meant. */
export const chosenLetters = async (
  { arguments: [id], options }: Given,
  verb: string,
  io: Io,
): Promise<Chosen> => {
  const queue = text(options, "queue")
  const type = text(options, "type")
  const all = flag(options, "all")
  const is_filtered = all || queue !== undefined || type !== undefined
  if ((id === undefined) !== is_filtered) {
    throw new Failure(exit_codes.usage, "Give the id of a dead letter, or `--queue`, `--type` or `--all`.")
  }
  if (id !== undefined) return { id }
  await confirm(`${verb} all dead letters that fit`, options, io)
  return { many: { ...(queue !== undefined && { queue }), ...(type !== undefined && { type }) } }
}
