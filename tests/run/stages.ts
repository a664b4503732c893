import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Stage } from "./stage.ts"

export const root = join(import.meta.dir, "../..")

export type Extent = "all" | "quick" | "long" | "node"

const minute_ms = 60_000

/** A test that says nothing else has this long: several times of what it takes on a machine with nothing to spare. */
const test_ms = 60_000

const bin = (name: string): string => join(root, "node_modules/.bin", name)

const single = { places: 1, tests: false, max_ms: 2 * minute_ms } as const

export const format: Stage = {
  ...single,
  name: "format and lint",
  words: [bin("biome"), "check", root],
  mend: "`bun run format` mends most of it.",
}

export const types: Stage = {
  ...single,
  name: "types",
  words: [join(root, "node_modules/typescript-native/bin/tsc"), "--noEmit", "--project", root],
}

export const installation: Stage = {
  ...single,
  name: "engines",
  words: [process.execPath, join(import.meta.dir, "install-engines.ts")],
  max_ms: 15 * minute_ms,
}

export const testStage = (name: string, paths: readonly string[]): Stage => ({
  name,
  words: [process.execPath, "test", `--timeout=${test_ms}`, ...paths],
  places: 1,
  tests: true,
  max_ms: 20 * minute_ms,
})

/** Files of the same two levels share a process: what they share is small, and a process for each costs time. */
const groupOf = (path: string): string => dirname(path).split("/").slice(0, 2).join("/")

const isApart = (path: string): boolean => /^tests\/(e2e|chaos)\//.test(path)

const usesEngines = async (path: string): Promise<boolean> =>
  path.startsWith("deploy/") || (await Bun.file(join(root, path)).text()).includes('from "#deploy/engines/')

const testFiles = async (): Promise<readonly string[]> => {
  const glob = new Bun.Glob("{cli,deploy,kernel,language,sdk,services,tests}/**/*.test.{ts,tsx}")
  const found = await Array.fromAsync(glob.scan({ cwd: root }))
  return found.filter((path) => !path.includes("node_modules") && !isApart(path)).sort()
}

/** A process for each folder of two levels: tests of one can't disturb the globals of another's. */
const unitStages = async (): Promise<readonly Stage[]> => {
  const groups = new Map<string, { paths: string[]; engines: boolean }>()
  for (const path of await testFiles()) {
    const engines = await usesEngines(path)
    const name = engines ? `${groupOf(path)} with engines` : groupOf(path)
    const group = groups.get(name) ?? { paths: [], engines }
    group.paths.push(`./${path}`)
    groups.set(name, group)
  }
  const stages = [...groups].map(([name, { paths, engines }]) => ({
    ...testStage(name, paths),
    ...(engines ? { after: installation.name } : {}),
  }))
  return stages.sort((one, other) => Number("after" in one) - Number("after" in other))
}

const endToEnd = (setup: "embedded" | "stack"): readonly Stage[] => {
  if (!existsSync(join(root, "tests/e2e"))) return []
  const stage: Stage = {
    ...testStage(`e2e on ${setup}`, ["./tests/e2e"]),
    places: setup === "stack" ? 2 : 1,
    environment: { WF_E2E: setup },
  }
  return [setup === "stack" ? { ...stage, after: installation.name } : stage]
}

/** The client and the pure parts of the CLI, on Node by vitest. */
const onNode: Stage = {
  ...testStage("on Node", []),
  words: ["node", join(root, "tests/node/main.mjs")],
  environment: { WF_BUN: process.execPath },
  ...(Bun.which("node") === null && { lacks: "Node.js 20 or newer" }),
}

/** What is killed while work goes on. */
const chaosStages = (): readonly Stage[] => [
  testStage("kills of wf up", ["./tests/chaos/embedded.test.ts"]),
  testStage("kills of schedulers", ["./tests/chaos/timers", "./tests/chaos/judge.test.ts"]),
  { ...testStage("kills of the stack", ["./tests/chaos/stack.test.ts"]), after: installation.name },
]

/** More than a hundred kills, and what only shows when a transaction is held open for a real minute. */
const longStages = (): readonly Stage[] => [
  {
    ...testStage("long: kills", ["./tests/chaos"]),
    places: 2,
    max_ms: 2 * 60 * minute_ms,
    environment: { WF_TEST_LONG: "1" },
    after: installation.name,
  },
  {
    ...testStage("long: bus", ["./kernel/bus"]),
    environment: { WF_TEST_LONG: "1" },
    after: installation.name,
  },
]

/** What is run, in the order in which it begins. */
export const stagesOf = async (extent: Extent): Promise<readonly Stage[]> => {
  if (extent === "node") return [onNode]
  const near = [format, types, ...(await unitStages()), ...endToEnd("embedded")]
  if (extent === "quick") return near
  const stages = [installation, ...near, onNode, ...endToEnd("stack"), ...chaosStages()]
  return extent === "long" ? [...stages, ...longStages()] : stages
}
