import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Terminal } from "@xterm/headless"
import { cleanEnvironment, root, type UnderTest } from "#tests/e2e/platform.ts"

type Size = { readonly columns: number; readonly rows: number }

/** What a command that ends by itself has left at a terminal, and with which code it ended. */
export const leftAtTerminal = async (
  { url, token }: Pick<UnderTest, "url" | "token">,
  words: readonly string[],
  { columns, rows }: Size,
): Promise<{ readonly code: number; readonly lines: readonly string[] }> => {
  const screen = new Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 5_000 })
  const closed = Promise.withResolvers<void>()
  const child = Bun.spawn([process.execPath, join(root, "cli/main.ts"), ...words], {
    cwd: root,
    env: {
      ...cleanEnvironment(mkdtempSync(join(tmpdir(), "wf-terminal-"))),
      TERM: "xterm-256color",
      WF_PAGER: "cat",
      WF_URL: url,
      WF_TOKEN: token,
    },
    terminal: {
      cols: columns,
      rows,
      data: (_, bytes) => screen.write(bytes),
      exit: () => closed.resolve(),
    },
  })
  const code = await child.exited
  await closed.promise
  // What is drawn is drawn in turn: once this is, so is all before it.
  await new Promise<void>((resolve) => screen.write("", resolve))
  const { active } = screen.buffer
  const lines = Array.from({ length: active.length }, (_, row) =>
    (active.getLine(row)?.translateToString(true) ?? "").trimEnd(),
  )
  return { code, lines: lines.slice(0, lines.findLastIndex((line) => line !== "") + 1) }
}
