import { writeFileSync } from "node:fs"
import { hostname } from "node:os"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import { platformWith, root, type UnderTest } from "#tests/e2e/platform.ts"
import { sitAt } from "#tests/e2e/terminal.ts"
import { leftAtTerminal } from "../at-terminal.ts"
import { goThrough, type Look, type Session, sessions } from "./sessions.ts"

// Makes docs/transcripts/ anew, from real terminals of 80 columns and 24 rows: `bun run transcripts`.
const size = { columns: 80, rows: 24 }

/** Where a `wf up` is found, unless it is told otherwise. */
const usual_url = "http://127.0.0.1:4400"

const shown = (lines: readonly string[]): string => `\`\`\`text\n${lines.join("\n").trimEnd()}\n\`\`\`\n`

const latestRun = async ({ client }: UnderTest): Promise<string> =>
  (await client.runs.list({ limit: 1 })).items[0]?.id ?? ""

type Played = { readonly typed: string; readonly looks: readonly Look[]; readonly left: readonly string[] }

/** What was looked at while it went on, and what it has left. */
const played = async (it: UnderTest, { command, steps = [] }: Session["parts"][number]): Promise<Played> => {
  const typed = command.replaceAll("RUN", await latestRun(it))
  const words = typed.split(" ").slice(1)
  if (steps.length === 0) return { typed, looks: [], left: (await leftAtTerminal(it, words, size)).lines }
  const at = sitAt(it, words, size)
  const looks = await goThrough(at, steps)
  await at.ended
  // What has taken the whole screen has given it back by now.
  await until("it is gone", () => at.written().includes("\u001b[?1049l"))
  return { typed, looks, left: at.left() }
}

const partText = (says: string, { typed, looks, left }: Played): string =>
  [
    `${says}\n`,
    ...looks.flatMap(({ says: what, screen }) => [`${what}\n`, shown(screen)]),
    ...(looks.length > 0 ? ["What is left:\n"] : []),
    shown([`$ ${typed}`, ...left]),
  ].join("\n")

const it = await platformWith({})
try {
  for (const { name, title, parts } of sessions) {
    const texts: string[] = []
    for (const part of parts) texts.push(partText(part.says, await played(it, part)))
    const path = join(root, "docs/transcripts", `${name}.md`)
    const text = texts.join("\n").replaceAll(it.url, usual_url).replaceAll(`• ${hostname()} `, "• laptop ")
    writeFileSync(path, `# ${title}\n\n${text}`)
    process.stdout.write(`${path}\n`)
  }
} finally {
  await it.stop()
}
