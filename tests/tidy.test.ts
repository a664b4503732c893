import { expect, test } from "bun:test"
import { join } from "node:path"
import { bannedFaults, unfinished } from "./tidy/banned.ts"
import { boundaryFaults } from "./tidy/boundaries.ts"
import { edgeFaults } from "./tidy/edge.ts"
import { deadExportFaults } from "./tidy/exports.ts"
import { nameFaults, roleFaults, serviceFaults } from "./tidy/folders.ts"
import { sizeFaults } from "./tidy/sizes.ts"
import { type Fault, pathsLike, readSources, root } from "./tidy/source.ts"
import { schemaFaults } from "./tidy/sql.ts"

const sources = await readSources()

const manifest: { readonly scripts: Readonly<Record<string, string>> } = await Bun.file(
  join(root, "package.json"),
).json()

/** Files that processes begin with, what others install (the SDK), and what newcomers run. */
const scripts = Object.values(manifest.scripts).flatMap((script) => /\S+\.ts\b/.exec(script) ?? [])
const mains = sources.map(({ path }) => path).filter((path) => path.endsWith("/main.ts"))
const entries: ReadonlySet<string> = new Set([...scripts, ...mains])
const installed = ["index.ts", "worker/index.ts", "authoring/index.ts", "testing/index.ts"].map(
  (path) => `sdk/${path}`,
)
const examples = sources.map(({ path }) => path).filter((path) => path.startsWith("examples/"))

const told = (faults: readonly Fault[]): readonly string[] =>
  faults.map(({ path, line, message }) => `${path}:${line}: ${message}`)

const read = (path: string): Promise<string> => Bun.file(join(root, path)).text()

test("each part of the tree imports only what it may stand on", () => {
  expect(told(boundaryFaults(sources))).toEqual([])
})

test("files, functions, parameter lists and nesting stay small enough to read", () => {
  expect(told(sizeFaults(sources))).toEqual([])
})

test("nobody does what is banned", () => {
  expect(told(bannedFaults(sources, entries))).toEqual([])
})

test("what is left to do is an issue, and not a note in a file", async () => {
  const paths = await pathsLike("**/*.{md,sql,sh,yml,yaml,proto,mjs,java}")
  const texts = await Promise.all(paths.map(async (path) => [path, await read(path)] as const))
  expect(texts.filter(([, text]) => unfinished.test(text)).map(([path]) => path)).toEqual([])
})

test("every export is used by code that isn't a test", () => {
  expect(told(deadExportFaults(sources, new Set([...entries, ...examples, ...installed])))).toEqual([])
})

test("names of files and folders are in kebab-case and say something", async () => {
  expect(told(nameFaults(sources.map(({ path }) => path)))).toEqual([])
})

test("every service has the same inside", async () => {
  expect(told(serviceFaults(await pathsLike("**/*.*")))).toEqual([])
  expect(told(roleFaults(sources))).toEqual([])
})

test("SQL names only the schema of its own service", async () => {
  const paths = await pathsLike("**/*.sql")
  const files = await Promise.all(paths.map(async (path) => ({ path, text: await read(path) })))
  const schemas = new Set(mains.flatMap((path) => /^services\/([^/]+)\//.exec(path)?.[1] ?? []))
  expect(told(schemaFaults(sources, files, schemas))).toEqual([])
})

test("what HTTP doors load is not bound to Bun", () => {
  expect(told(edgeFaults(sources))).toEqual([])
})

test("the lockfile and the settings of the package manager name no host", async () => {
  for (const path of ["bun.lock", "bunfig.toml", "package.json"])
    expect((await read(path)).match(/https?:\/\/[^\s"]*/g) ?? []).toEqual([])
})
