import { existsSync } from "node:fs"
import { resolve } from "node:path"
import { asJson, cleanLine } from "../../clean.ts"
import { flag, type Given, type Options, text } from "../../command.ts"
import { connection } from "../../connection.ts"
import { checkClient } from "../../doctor/client.ts"
import { checkData } from "../../doctor/data.ts"
import type { Finding } from "../../doctor/finding.ts"
import { checkServer } from "../../doctor/server.ts"
import { checkSettings } from "../../doctor/settings.ts"
import { checkWork } from "../../doctor/work.ts"
import { exit_codes } from "../../exit.ts"
import { wrapped } from "../../help/render.ts"
import { type Io, type Style, styled } from "../../io.ts"

const titles: Readonly<Record<Finding["part"], string>> = {
  client: "This client",
  settings: "What it is told",
  server: "The platform",
  work: "Work",
  data: "The data folder of `wf up`",
}

const marks: Readonly<Record<Finding["verdict"], readonly [mark: string, style: Style]>> = {
  ok: ["✓", "green"],
  warning: ["!", "yellow"],
  bad: ["✗", "red"],
}

const usual_folder = "./.wf"

const findAll = async (options: Options, io: Io): Promise<readonly Finding[]> => {
  const { findings, url, data: own } = checkSettings(options, io)
  const server = url === undefined ? undefined : await checkServer(url, io)
  const work = url !== undefined && server?.is_there ? await checkWork(connection(options, io), io) : []
  const data = [text(options, "data"), usual_folder, own].flatMap((one) => (one ? [resolve(one)] : []))
  const there = data.find((one) => existsSync(one))
  const folder = there === undefined ? [] : await checkData(there)
  return [...checkClient(io), ...findings, ...(server?.findings ?? []), ...work, ...folder]
}

/** What is wrong with a set-up, and what to do about it. */
export const run = async ({ options }: Given, io: Io): Promise<number> => {
  const findings = await findAll(options, io)
  const is_well = findings.every(({ verdict }) => verdict !== "bad")
  if (flag(options, "json")) io.out(asJson({ ok: is_well, checks: findings }))
  else if (io.out_is_tty) showAll(findings, io)
  else for (const finding of findings) io.out(lineOf(finding))
  return is_well ? exit_codes.done : exit_codes.failed
}

const lineOf = ({ part, check, verdict, says, next = "" }: Finding): string =>
  [verdict, part, check, says, next].map(cleanLine).join("\t")

const showAll = (findings: readonly Finding[], io: Io): void => {
  let part: string | undefined
  for (const finding of findings) {
    if (finding.part !== part) {
      io.out(`${part === undefined ? "" : "\n"}${styled(io, "bold", titles[finding.part])}`)
      part = finding.part
    }
    const [mark, style] = marks[finding.verdict]
    const [first = "", ...more] = wrapped(
      `${cleanLine(finding.check)}: ${cleanLine(finding.says)}`,
      io.columns - 4,
    )
    io.out(`  ${styled(io, style, mark)} ${first}`)
    for (const line of more) io.out(`    ${line}`)
    for (const line of wrapped(cleanLine(finding.next ?? ""), io.columns - 6))
      if (line) io.out(`      ${line}`)
  }
  const [bad, warned] = (["bad", "warning"] as const).map(
    (verdict) => findings.filter((one) => one.verdict === verdict).length,
  )
  io.note(
    bad === 0 ? `\nNothing is wrong${warned === 0 ? "" : `, ${warned} to look at`}.` : `\n${bad} wrong.`,
  )
}
