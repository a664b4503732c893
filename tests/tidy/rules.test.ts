import { describe, expect, test } from "bun:test"
import { bannedFaults } from "./banned.ts"
import { boundaryFaults } from "./boundaries.ts"
import { edgeFaults } from "./edge.ts"
import { deadExportFaults } from "./exports.ts"
import { nameFaults, roleFaults, serviceFaults } from "./folders.ts"
import { sizeFaults } from "./sizes.ts"
import { sourceOf } from "./source.ts"
import { schemaFaults } from "./sql.ts"

const none: ReadonlySet<string> = new Set()

describe("boundaries", () => {
  const forbidden = [
    ["kernel/a.ts", "#services/iam/iam.ts"],
    ["kernel/a.ts", "#language/plan.ts"],
    ["language/a.ts", "#kernel/b.ts"],
    ["services/iam/a.ts", "#services/scheduler/b.ts"],
    ["services/iam/a/b.ts", "../../scheduler/b.ts"],
    ["services/iam/a.ts", "#services/all/b.ts"],
    ["services/iam/a.ts", "#kernel/testing/until.ts"],
    ["cli/a.ts", "#kernel/database/database.ts"],
    ["cli/a.ts", "#services/all/up.ts"],
    ["sdk/a.ts", "#cli/io.ts"],
    ["deploy/a.ts", "#tests/run/stage.ts"],
  ] as const
  test.each(forbidden)("%s may not import %s", (path, specifier) => {
    expect(boundaryFaults([sourceOf(path, `import { x } from "${specifier}"`)])).not.toEqual([])
    expect(boundaryFaults([sourceOf(path, `const x = await import("${specifier}")`)])).not.toEqual([])
    expect(boundaryFaults([sourceOf(path, `export type { x } from "${specifier}"`)])).not.toEqual([])
  })

  const permitted = [
    ["services/iam/session/a.ts", "../iam.ts"],
    ["services/iam/a.ts", "#kernel/b.ts"],
    ["services/iam/a.test.ts", "#kernel/testing/until.ts"],
    ["services/all/a.ts", "#services/iam/service.ts"],
    ["cli/a.ts", "#sdk/index.ts"],
    ["cli/a.ts", "#kernel/config/profiles.ts"],
    ["kernel/a.test.ts", "#deploy/engines/kafka.ts"],
    ["language/a.ts", "zod"],
  ] as const
  test.each(permitted)("%s may import %s", (path, specifier) => {
    expect(boundaryFaults([sourceOf(path, `import { x } from "${specifier}"`)])).toEqual([])
  })
})

describe("sizes", () => {
  const faults = (text: string, path = "kernel/a.ts") =>
    sizeFaults([sourceOf(path, text)]).map(({ message }) => message)
  const lines = (count: number) => "x()\n".repeat(count)

  test("a long file is noticed, and a test may be longer", () => {
    expect(faults(lines(300))).toEqual([])
    expect(faults(lines(301))).toHaveLength(1)
    expect(faults(lines(600), "kernel/a.test.ts")).toEqual([])
    expect(faults(lines(601), "kernel/a.test.ts")).toHaveLength(1)
  })

  test("a long function is noticed; in tests, those that only group others may be long", () => {
    expect(faults(`const f = () => {\n${lines(58)}}`)).toEqual([])
    expect(faults(`const f = () => {\n${lines(59)}}`)).toHaveLength(1)
    const grouped = `describe("a", () => {\n${`test("b", () => {\n${lines(20)}})\n`.repeat(4)}})`
    expect(faults(grouped)).toHaveLength(1)
    expect(faults(grouped, "kernel/a.test.ts")).toEqual([])
  })

  test("a fourth parameter and a fourth level are noticed", () => {
    expect(faults("const f = (a, b, c) => a")).toEqual([])
    expect(faults("const f = (a, b, c, d) => a")).toHaveLength(1)
    const nested = (depth: number) => `const f = () => {${"if (a) {".repeat(depth)}${"}".repeat(depth)}}`
    expect(faults(nested(3))).toEqual([])
    expect(faults(nested(4))).toHaveLength(1)
    expect(faults("const f = () => { if (a) {} else if (b) {} else if (c) {} else if (d) {} }")).toEqual([])
  })
})

describe("bans", () => {
  const faults = (text: string, path = "kernel/a.ts") =>
    bannedFaults([sourceOf(path, text)], new Set(["a/main.ts"]))
  const banned = [
    "sql.begin(work)",
    "sql.reserve()",
    "eval(text)",
    "new Function(text)",
    "console.log(1)",
    "process.env.HOME",
    "Date.now()",
    "new Date()",
    "Math.random()",
    "const random = Math.random",
    "test.skip('x', y)",
    "describe.only('x', y)",
    "const x: any = 1",
    "export default 1",
    "export default function f() {}",
    "// biome-ignore lint/x: y\nconst x = 1",
    "// @ts-expect-error\nconst x = 1",
    `// ${"TO"}${"DO"} later\nconst x = 1`,
  ]
  test("a test of types expects what doesn't compile, and says why", () => {
    expect(faults("// @ts-expect-error: a number is no text.\nconst x = 1", "sdk/a/types.test.ts")).toEqual(
      [],
    )
    expect(faults("// @ts-expect-error\nconst x = 1", "sdk/a/types.test.ts")).not.toEqual([])
    expect(faults("// @ts-expect-error: a number is no text.\nconst x = 1")).not.toEqual([])
    expect(faults("// @ts-ignore: a number is no text.\nconst x = 1", "sdk/a/types.test.ts")).not.toEqual([])
  })
  test("the script of an example has the export that a task asks for", () => {
    expect(faults("export default 1", "examples/a.ts")).toEqual([])
  })
  test.each(banned)("%s is noticed", (text) => {
    expect(faults(text)).not.toEqual([])
  })

  test("z.uuid() is noticed in HTTP doors alone", () => {
    expect(faults("z.uuid()", "services/iam/token/http.ts")).not.toEqual([])
    expect(faults("z.uuid()", "services/iam/token/shape.ts")).toEqual([])
  })

  test.each([
    "await Bun.sleep(5)",
    "setTimeout(go, 5)",
    'import { setTimeout as wait } from "node:timers/promises"',
  ])("%s is noticed in tests alone", (text) => {
    expect(faults(text, "kernel/a.test.ts")).not.toEqual([])
    expect(faults(text, "kernel/a.ts")).toEqual([])
    expect(faults(text, "kernel/testing/until.ts")).toEqual([])
  })

  test("what has its place is let be there", () => {
    expect(faults("process.env", "a/main.ts")).toEqual([])
    expect(faults("process.env.CI", "kernel/a.test.ts")).toEqual([])
    expect(faults("new Date()", "kernel/service/kit.ts")).toEqual([])
    expect(faults("new Date(at)")).toEqual([])
    expect(faults("test.skipIf(missing)('x', y)", "kernel/a.test.ts")).toEqual([])
  })
})

describe("exports", () => {
  const names = (files: Readonly<Record<string, string>>, entries = none) =>
    deadExportFaults(
      Object.entries(files).map(([path, text]) => sourceOf(path, text)),
      entries,
    ).map(({ message }) => message.split(" ").at(-1))

  test("an export that nobody or only a test beside it takes is dead", () => {
    const file = "export const used = 1; export const tested = 2; export const dead = 3"
    const user = 'import { used } from "./a.ts"'
    const tester = 'import { tested } from "./a.ts"'
    expect(names({ "kernel/a.ts": file, "kernel/b.ts": user, "kernel/a.test.ts": tester })).toEqual([
      "tested",
      "dead",
    ])
    expect(names({ "kernel/a.ts": file }, new Set(["kernel/a.ts"]))).toEqual([])
  })

  test("the types of a used function's signature live, those within its body don't", () => {
    const file = `export type In = {}; export type Inner = {}; export type Other = {}
      export type Nested = { inner: Inner }
      export const f = (x: In): Nested => { const o: Other = {}; return g(o) }`
    expect(names({ "kernel/a.ts": file, "kernel/b.ts": 'import { f } from "./a.ts"' })).toEqual(["Other"])
  })
})

describe("folders", () => {
  const base = ["README.md", "main.ts", "service.ts", "config.ts"]
  const faults = (...more: readonly string[]) =>
    serviceFaults([...base, ...more].map((name) => `services/x/${name}`)).length

  test("a service has what every service has, and no file for the same under another name", () => {
    expect(faults()).toBe(0)
    expect(serviceFaults(["services/x/main.ts"])).toHaveLength(3)
    expect(faults("http.ts", "rpc.ts", "consume.ts", "loops.ts", "given.ts", "http.test.ts")).toBe(0)
    expect(faults("engine.ts", "run/start.ts", "migrations/0001_a.sql")).toBe(0)
    expect(faults("engine.ts", "routes.ts")).toBe(1)
    expect(faults("run/deep/start.ts")).toBe(1)
  })

  test("doors are made in the file of their name", () => {
    expect(roleFaults([sourceOf("services/x/service.ts", "loop({})")])).toHaveLength(1)
    expect(roleFaults([sourceOf("services/x/loops.ts", "loop({})")])).toEqual([])
    expect(roleFaults([sourceOf("services/x/routes.ts", "createApp({})")])).toHaveLength(1)
  })

  test("names say something, in kebab-case", () => {
    const bad = ["kernel/utils.ts", "kernel/string-helpers.ts", "kernel/base/a.ts", "kernel/readRun.ts"]
    for (const path of bad) expect(nameFaults([path])).toHaveLength(1)
    expect(nameFaults(["kernel/database/read-run.test.ts", "kernel/bus/bus.suite.ts"])).toEqual([])
  })
})

describe("SQL", () => {
  const schemas = new Set(["iam", "scheduler"])
  const faults = (text: string, path = "services/iam/a.ts") =>
    schemaFaults([sourceOf(path, text)], [], schemas)

  test("the schema of another service is noticed, in code and in migrations", () => {
    expect(faults("sql`select 1 from scheduler.run where id = ${id}`")).toHaveLength(1)
    expect(faults("sql<Row>`select 1 from iam.person join scheduler.run on true`")).toHaveLength(1)
    expect(faults("sql`select 1`", "kernel/a.ts")).toEqual([])
    expect(faults("sql`update iam.person set x = 1`", "kernel/a.ts")).toHaveLength(1)
    const migration = { path: "services/iam/migrations/1.sql", text: "alter table scheduler.run add x int" }
    expect(schemaFaults([], [migration], schemas)).toHaveLength(1)
  })

  test("its own schema, aliases, texts and comments are let be", () => {
    expect(
      faults("sql`select run.id from person as run where x = 'from scheduler.run' -- from scheduler.run`"),
    ).toEqual([])
    expect(faults("sql`select scheduler.id from iam.person as scheduler`")).toEqual([])
  })
})

test("Bun's own is noticed in whatever an HTTP door loads, but not behind its types", () => {
  const door = 'import { a } from "./a.ts"\nimport type { B } from "./b.ts"'
  const sources = [
    sourceOf("services/x/http.ts", door),
    sourceOf("services/x/a.ts", "export const a = () => Bun.file(path)"),
    sourceOf("services/x/b.ts", "export const b = Bun.file(path)"),
  ]
  expect(edgeFaults(sources).map(({ path }) => path)).toEqual(["services/x/a.ts"])
  expect(edgeFaults([sourceOf("services/x/run/http.ts", 'import fs from "node:fs"')])).toHaveLength(1)
})
