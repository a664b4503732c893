import type { Client } from "#sdk/index.ts"
import { type Authored, pushAuthored } from "../authored.ts"
import { asJson, cleanLine } from "../clean.ts"
import { diffText } from "../diff-text.ts"
import { type Io, styled } from "../io.ts"
import { type Comparison, compare } from "./compare.ts"

export type Pushing = { readonly client: Client; readonly dry_run: boolean; readonly json: boolean }

/** More is no help at a glance; `wf workflows diff` shows all of it. */
const max_lines = 60

/** Says what is new to a person, and to programs what has become of it. */
export const pushOne = async (pushing: Pushing, authored: Authored, io: Io): Promise<void> => {
  const { client, dry_run, json } = pushing
  const seen = dry_run || io.note_is_tty ? await compare(client, authored) : undefined
  if (seen) noteChanges(seen, io)
  if (seen && dry_run) {
    tellPlanned(seen, json, io)
    return
  }
  const pushed = await pushAuthored(client, authored)
  const outcome = pushed.created ? "created" : "unchanged"
  io.out(json ? asJson(pushed) : `${cleanLine(pushed.workflow)}\t${pushed.version}\t${outcome}`)
}

const noteChanges = ({ name, version, lines }: Comparison, io: Io): void => {
  const style = { color: io.note_color }
  if (version === 0) {
    io.note(styled(style, "green", `+++ ${cleanLine(name)} 1: new, ${lines.length} lines`))
    return
  }
  const compared = { name, from: version, to: version + 1, lines }
  for (const line of diffText(style, compared, max_lines)) io.note(line)
}

/** The line that a push would print, but for its last word. */
const tellPlanned = ({ name, version, is_changed, lines }: Comparison, json: boolean, io: Io): void => {
  const next = is_changed ? version + 1 : version
  if (json) {
    const changes = lines.filter(({ sign }) => sign !== " ")
    io.out(asJson({ workflow: name, from: version, to: next, would_create: is_changed, changes }))
  } else io.out(`${cleanLine(name)}\t${next}\t${is_changed ? "would create" : "unchanged"}`)
}
