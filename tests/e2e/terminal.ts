import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Terminal } from "@xterm/headless"
import { until } from "#kernel/testing/until.ts"
import { cleanEnvironment, root, type UnderTest } from "./platform.ts"

type Size = { readonly columns: number; readonly rows: number }

/** A terminal as a person sits at one: what is on its screen, and keys to press. */
export type Sitting = {
  /** The lines of the screen, without blanks at their ends. */
  screen(): readonly string[]
  /** All that is left to be scrolled back to. */
  left(): readonly string[]
  press(keys: string): void
  resize(size: Size): void
  /** Waits until the screen has it. */
  shows(what: string | RegExp): Promise<void>
  /** All that was written to it. */
  written(): string
  readonly ended: Promise<number>
}

/** The exit code, once all that was written is on the screen. */
const endOf = async (exited: Promise<number>, shown: () => Promise<void>): Promise<number> => {
  const [code] = await Promise.all([exited, shown()])
  return code
}

/** Runs the CLI at a terminal of its own. */
export const sitAt = (
  { url, token }: Pick<UnderTest, "url" | "token">,
  words: readonly string[],
  { columns, rows, env = {} }: Size & { readonly env?: Readonly<Record<string, string>> },
): Sitting => {
  const screen = new Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 10_000 })
  const home = mkdtempSync(join(tmpdir(), "wf-sitting-"))
  let written = ""
  const closed = Promise.withResolvers<void>()
  const decoder = new TextDecoder()
  const child = Bun.spawn([process.execPath, join(root, "cli/main.ts"), ...words], {
    cwd: root,
    env: { ...cleanEnvironment(home), TERM: "xterm-256color", WF_URL: url, WF_TOKEN: token, ...env },
    terminal: {
      cols: columns,
      rows,
      data(_, bytes) {
        written += decoder.decode(bytes, { stream: true })
        screen.write(bytes)
      },
      exit: () => closed.resolve(),
    },
  })
  const linesFrom = (first: number, count: number): readonly string[] =>
    Array.from({ length: count }, (_, index) =>
      (screen.buffer.active.getLine(first + index)?.translateToString(true) ?? "").trimEnd(),
    )
  const shown = () => linesFrom(screen.buffer.active.viewportY, screen.rows)
  return {
    screen: shown,
    left: () => linesFrom(0, screen.buffer.active.length),
    press: (keys) => void child.terminal?.write(keys),
    resize(size) {
      screen.resize(size.columns, size.rows)
      child.terminal?.resize(size.columns, size.rows)
    },
    async shows(what) {
      const has = () =>
        typeof what === "string" ? shown().join("\n").includes(what) : what.test(shown().join("\n"))
      await until(`${what} on the screen`, has, 20_000).catch((error) => {
        throw new Error(`${error.message}; there is:\n${shown().join("\n")}`)
      })
    },
    written: () => written,
    ended: endOf(child.exited, async () => {
      await closed.promise
      await new Promise<void>((resolve) => screen.write("", resolve))
    }),
  }
}

/** Types it as a filter, and waits until it is one. */
export const filterBy = async (at: Sitting, text: string): Promise<void> => {
  at.press("/")
  await at.shows(/^\/▏$/m)
  at.press(`${text}\r`)
  await at.shows(`/${text} (esc: all)`)
}

/** Ends those that are still there, as a person would. */
export const leaveAll = async (sitting: Sitting[]): Promise<void> => {
  for (const at of sitting.splice(0)) {
    at.press("\u0003")
    await at.ended
  }
}
