import { cleanLine } from "../../clean.ts"
import type { Given } from "../../command.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import { nearest } from "../../help/near.ts"
import { render } from "../../help/render.ts"
import { isTopic, type Topic, topics } from "../../help/topics.ts"
import { type Io, styled } from "../../io.ts"
import { printPaged } from "../../pager.ts"

const max_width = 100

/** A page, or the list of them. What are words of a command never comes here. */
export const run = async ({ arguments: words }: Given, io: Io): Promise<number> => {
  const [word] = words
  if (word === undefined) listTopics(io)
  else await showPage(readTopic(words), io)
  return exit_codes.done
}

const listTopics = (io: Io): void => {
  if (!io.out_is_tty) {
    for (const [name, about] of Object.entries(topics)) io.out(`${name}\t${about}`)
    return
  }
  const width = Math.max(...Object.keys(topics).map((name) => name.length))
  io.out(styled(io, "bold", "Pages to read with `wf help TOPIC`:"))
  for (const [name, about] of Object.entries(topics)) io.out(`  ${name.padEnd(width)}  ${about}`)
  io.out("\n`wf --help` lists the commands, `wf help COMMAND` shows how one is used.")
}

const readTopic = (words: readonly string[]): Topic => {
  const asked = words.join("-").toLowerCase()
  if (isTopic(asked)) return asked
  const near = nearest(asked, Object.keys(topics))
  const hint = near === undefined ? "`wf help` lists those there are." : `(Did you mean \`wf help ${near}\`?)`
  throw new Failure(exit_codes.usage, `There is no page \`${cleanLine(words.join(" "))}\`.\n${hint}`)
}

/** Pages that name each other by their files in a checkout do so by what can be typed here. */
const asTyped = (page: string): string =>
  page.replaceAll(/`docs\/([\w-]+)\.md`/g, (file, name: string) =>
    isTopic(name) ? `\`wf help ${name}\`` : file,
  )

const showPage = async (topic: Topic, io: Io): Promise<void> => {
  // All pages together are longer than the rest of the program that a command needs.
  const { pages } = await import("../../help/pages.ts")
  const width = io.out_is_tty ? Math.min(io.columns, max_width) : 80
  await printPaged(render(asTyped(pages[topic]), { width, io }), io)
}
