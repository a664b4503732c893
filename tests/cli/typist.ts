import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Terminal } from "@xterm/headless"
import { scripts } from "#cli/completion/scripts.ts"
import type { Called, Shell } from "#deploy/engines/shells.ts"
import { until } from "#kernel/testing/until.ts"
import { cleanEnvironment, root } from "#tests/e2e/platform.ts"

/** Somebody who sits at a shell in which wf is completed. */
export type Typist = {
  readonly folder: string
  type(keys: string): void
  shows(what: string | RegExp): Promise<void>
  screen(): string
  written(): string
  /** Types a line, and answers the words that wf was called with. */
  called(keys: string): Promise<readonly string[]>
  leave(): Promise<void>
}

const prompt = "READY>"

/** Completes as wf does, and else only writes down what it was called with. */
const shim = (folder: string): string => `#!/bin/sh
case $1 in
  __complete | completion) exec '${process.execPath}' '${join(root, "cli/main.ts")}' "$@" ;;
esac
for word in "$@"; do printf '%s\\0' "$word"; done >'${folder}/called.part'
mv '${folder}/called.part' '${folder}/called'
`

const startFiles = (
  shell: Shell,
  { first_lines }: Called,
  folder: string,
): Readonly<Record<string, string>> => {
  const script = scripts[shell] ?? ""
  if (shell === "bash") return { ".bashrc": `PS1='${prompt} '\nbind 'set bell-style none'\n${script}` }
  if (shell === "fish") {
    const own = `set -g fish_greeting\nfunction fish_prompt; echo -n '${prompt} '; end\n`
    return { ".config/fish/config.fish": `${own}set -gx PATH ${folder}/bin $PATH\n${script}` }
  }
  const start = "unsetopt beep global_rcs\nautoload -Uz compinit && compinit -u\n"
  return {
    ".zshenv": `${first_lines.join("\n")}\n`,
    ".zshrc": `PS1='${prompt} '\n${start}setopt no_list_beep\n${script}`,
  }
}

export const sitAtShell = async (
  shell: Shell,
  called: Called,
  environment: Readonly<Record<string, string>>,
): Promise<Typist> => {
  const folder = mkdtempSync(join(tmpdir(), `wf-${shell}-`))
  mkdirSync(join(folder, "bin"))
  mkdirSync(join(folder, ".config/fish"), { recursive: true })
  writeFileSync(join(folder, "bin/wf"), shim(folder))
  chmodSync(join(folder, "bin/wf"), 0o755)
  for (const [name, text] of Object.entries(startFiles(shell, called, folder)))
    writeFileSync(join(folder, name), text)
  const screen = new Terminal({ cols: 100, rows: 40, allowProposedApi: true })
  let written = ""
  const decoder = new TextDecoder()
  const clean = cleanEnvironment(folder)
  const child = Bun.spawn([called.path, ...(shell === "bash" ? ["--noprofile"] : []), "-i"], {
    cwd: folder,
    env: {
      ...clean,
      ...{ PATH: `${folder}/bin:${clean.PATH}`, TERM: "xterm-256color", ZDOTDIR: folder },
      ...{ XDG_CONFIG_HOME: join(folder, ".config"), XDG_CACHE_HOME: join(folder, ".cache") },
      ...called.environment,
      ...environment,
    },
    terminal: {
      cols: 100,
      rows: 40,
      data(_, bytes) {
        written += decoder.decode(bytes, { stream: true })
        screen.write(bytes)
      },
    },
  })
  const lines = () =>
    Array.from(
      { length: screen.rows },
      (_, index) =>
        screen.buffer.active.getLine(screen.buffer.active.viewportY + index)?.translateToString(true) ?? "",
    )
      .join("\n")
      .trimEnd()
  const shows = async (what: string | RegExp) => {
    const has = () => (typeof what === "string" ? lines().includes(what) : what.test(lines()))
    await until(`${what} in ${shell}`, has, 15_000).catch((error) => {
      throw new Error(`${error.message}; there is:\n${lines()}`)
    })
  }
  // What a terminal answers when it is asked who it is; fish waits for that.
  screen.onData((answer) => void child.terminal?.write(answer))
  await shows(prompt)
  const file = join(folder, "called")
  return {
    folder,
    type: (keys) => void child.terminal?.write(keys),
    shows,
    screen: lines,
    written: () => written,
    async called(keys) {
      rmSync(file, { force: true })
      child.terminal?.write(keys)
      await until(`wf is called by ${shell}`, () => existsSync(file), 15_000).catch((error) => {
        throw new Error(`${error.message}; there is:\n${lines()}`)
      })
      await shows(/READY>\s*$/)
      return readFileSync(file, "utf8").split("\0").slice(0, -1)
    },
    async leave() {
      child.kill("SIGKILL")
      await child.exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
