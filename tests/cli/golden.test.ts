import { beforeAll, expect, test } from "bun:test"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { commands } from "#cli/commands.ts"
import { version } from "#kernel/config/version.ts"
import { platform, type UnderTest } from "#tests/e2e/platform.ts"
import { leftAtTerminal } from "./at-terminal.ts"
import { givenWork } from "./given-work.ts"

/** `WF_GOLDEN=write bun test tests/cli/golden.test.ts` writes anew what is printed. */
const is_writing = process.env.WF_GOLDEN === "write"
const folder = join(import.meta.dir, "golden")
const size = { columns: 240, rows: 50 }

let it: UnderTest
let work: Awaited<ReturnType<typeof givenWork>>
beforeAll(async () => {
  it = await platform()
  work = await givenWork(it)
  mkdirSync(folder, { recursive: true })
}, 120_000)

/** What differs from time to time and from machine to machine; columns move with it. */
const shapeOf = (text: string): string =>
  text
    .replaceAll(it.url, "URL")
    .replaceAll(new RegExp(`\\b${version.replaceAll(".", "\\.")}\\b`, "g"), "VERSION")
    .replaceAll(/\/hooks\/[\w-]+/g, "/hooks/TOKEN")
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "ID")
    .replaceAll(/-[0-9a-f]{8}@/g, "-ID@")
    .replaceAll(/\b(sha256:)?[0-9a-f]{64}\b/g, "DIGEST")
    .replaceAll(/\d{4}-\d\d-\d\d[T ][\d:.]+(Z|[+-]\d\d:\d\d)?/g, "TIME")
    .replaceAll(/\d{4}-\d\d-\d\d/g, "DATE")
    .replaceAll(/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun),? /g, "DAY ")
    .replaceAll(/\b\d+(\.\d+)?[smhd] ago|\bin \d+[smhd]\b/g, "AGO")
    .replaceAll(/\b\d+(\.\d+)?(ms|s|m\d\ds)\b|\b\d+ ms\b/g, "DURATION")
    .replaceAll(/\b\d+(\.\d+)? [KMGT]iB\b/g, "SIZE")
    .replaceAll(/TIME\t\d+\t/g, "TIME\tMS\t")
    .replaceAll(/─+|-{4,}/g, "----")
    .replaceAll(/ {2,}/g, "  ")

const at = async (words: readonly string[]): Promise<string> => {
  const { code, lines } = await leftAtTerminal(it, words, size)
  return `${lines.join("\n")}\n[${code}]`
}

const piped = async (words: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await it.wf(words)
  return `${stdout}${stderr}[${code}]`
}

/** `RUN` and the like stand for what there is. */
const filled = (command: string): readonly string[] =>
  command.split(" ").map((word) => {
    const { completed, failed, waiting, job, dead, subscription, delivery } = work
    const known = { RUN: completed, FAILED: failed, WAITING: waiting, JOB: job, DEAD: dead }
    return { ...known, SUBSCRIPTION: subscription, DELIVERY: delivery }[word] ?? word
  })

const pairs: Readonly<Record<string, readonly string[]>> = {
  runs: [
    "runs list",
    "runs list --status failed",
    "runs show RUN",
    "runs show FAILED",
    "runs show RUN --field status",
  ],
  logs: ["logs RUN", "logs FAILED", "search building"],
  workflows: ["workflows list", "workflows show report", "workflows diff report 1 2"],
  history: ["executions list --workflow broken", "retention show"],
  artifacts: ["artifacts list RUN", "artifacts list FAILED", "artifacts usage"],
  jobs: ["jobs list --queue mail", "jobs show JOB --field status", "jobs show DEAD", "dead-letters list"],
  queues: ["queues list", "queues show mail"],
  triggers: [
    "schedules list",
    "schedules show report",
    "schedules history report",
    "hooks list",
    "hooks show report",
  ],
  secrets: ["secrets list"],
  people: ["whoami", "members list", "members invites", "workspaces list", "sessions list", "tokens list"],
  programs: ["service-accounts list", "service-accounts tokens deploy"],
  notifications: [
    "inbox list",
    "approvals list",
    "subscriptions list",
    "subscriptions show SUBSCRIPTION",
    "deliveries list",
  ],
  audit: ["audit list --limit 3", "admin accounts"],
  setup: ["config list", "config profiles", "help", "completion"],
  refusals: [
    "runs show 0198c0de-0000-7000-8000-000000000000",
    "workflows show nobodys",
    "rnu",
    "runs lits",
    "jobs",
  ],
}

const one_line = (command: string, printed: string): string => `$ wf ${command}\n${shapeOf(printed)}\n`

const shown = async (command: string): Promise<string> => {
  const words = filled(command)
  const [terminal, pipe] = await Promise.all([at(words), piped(words)])
  return `${one_line(command, terminal)}${one_line(`${command} | cat`, pipe)}`
}

for (const [name, listed] of Object.entries(pairs)) {
  test(`${name} look as they did, at a terminal and in a pipe`, async () => {
    const parts: string[] = []
    for (const command of listed) parts.push(await shown(command))
    const text = parts.join("\n")
    const path = join(folder, `${name}.txt`)
    if (is_writing) writeFileSync(path, text)
    expect(text).toBe(readFileSync(path, "utf8"))
  })
}

test("every command that lists or shows something is among them", () => {
  const told = Object.values(pairs).flat()
  const not_told = commands
    .map(({ name }) => name)
    .filter((name) => / (list|show)$/.test(name))
    .filter((name) => !told.some((command) => command.startsWith(name)))
  // Workers and their numbers are a machine's own; a delivery needs somebody to deliver to.
  expect(not_told).toEqual(["workers list", "deliveries show"])
})
