import { existsSync, readFileSync } from "node:fs"
import { homedir } from "node:os"
import { basename, join } from "node:path"
import type { Environment } from "#kernel/config/config.ts"
import { version } from "#kernel/config/version.ts"
import type { Io } from "../io.ts"
import { type Finding, findingsOf } from "./finding.ts"

const { ok, warning } = findingsOf("client")

const runtime = (): string =>
  process.versions.bun === undefined ? `Node.js ${process.versions.node}` : `Bun ${process.versions.bun}`

const min_columns = 80

const width = (io: Io): Finding =>
  io.columns >= min_columns
    ? ok("width", `${io.columns} columns and ${io.rows} rows`)
    : warning("width", {
        says: `${io.columns} columns: tables are cut at the edge`,
        next: `Make the terminal at least ${min_columns} columns wide, or use a pipe, where nothing is cut.`,
      })

const color = ({ color: has_color, environment }: Io): Finding => {
  if (has_color) return ok("colours", "shown")
  const why = environment.NO_COLOR ? "NO_COLOR is set" : `TERM is \`${environment.TERM ?? ""}\``
  return warning("colours", { says: `not shown: ${why}`, next: "States are told by marks and words, too." })
}

/** What the first of these that is set says holds. */
const speaksUnicode = ({ LC_ALL, LC_CTYPE, LANG }: Environment): boolean =>
  /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || "")

const letters = ({ environment }: Io): Finding =>
  speaksUnicode(environment)
    ? ok("characters", "Unicode")
    : warning("characters", {
        says: "the locale is not one of UTF-8, so marks such as ✓ may not be shown",
        next: "Set `LANG` to one that is, like `export LANG=C.UTF-8`.",
      })

const terminal = (io: Io): readonly Finding[] =>
  io.out_is_tty ? [width(io), color(io), letters(io)] : [ok("terminal", "none here: output is for programs")]

const start_files: Readonly<Record<string, readonly string[]>> = {
  bash: [".bashrc", ".bash_profile", ".profile", ".local/share/bash-completion/completions/wf"],
  zsh: [".zshrc", ".zprofile", ".zsh/completions/_wf", ".local/share/zsh/site-functions/_wf"],
  fish: [".config/fish/config.fish", ".config/fish/completions/wf.fish"],
}

const mentions = (path: string): boolean => {
  try {
    return existsSync(path) && /wf completion|_wf\b|wf __complete/.test(readFileSync(path, "utf8"))
  } catch {
    return false
  }
}

const completion = ({ environment }: Io): readonly Finding[] => {
  const shell = basename(environment.SHELL ?? "")
  const files = Object.hasOwn(start_files, shell) ? (start_files[shell] ?? []) : []
  if (files.length === 0) return []
  const home = environment.HOME ?? homedir()
  if (files.some((name) => mentions(join(home, name)))) return [ok("completion", `set up for ${shell}`)]
  const next = `\`wf completion ${shell}\` prints it; \`wf help completion\` says where it goes.`
  return [warning("completion", { says: `TAB doesn't complete wf in ${shell} yet`, next })]
}

/** This program, and the terminal that it is used at. */
export const checkClient = (io: Io): readonly Finding[] => [
  ok("version", `wf ${version}, ${runtime()}, ${process.platform} ${process.arch}`),
  ...terminal(io),
  ...completion(io),
]
