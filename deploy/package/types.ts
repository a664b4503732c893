import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { root } from "./bundle.ts"

const compiler = join(root, "node_modules/typescript-native/bin/tsc")

const written = (text: string, file: string): string =>
  text
    .replaceAll(/(["'])#([^"']+)\1/g, (_, quote: string, path: string) => {
      const place = relative(dirname(file), path)
      return `${quote}${place.startsWith(".") ? place : `./${place}`}${quote}`
    })
    .replaceAll(/((?:from|import\()\s*["']\.[^"']*)\.ts(["'])/g, "$1.js$2")

/** The types of these files and of all that they name, each where its file was, for compilers that know nothing of us. */
export const declare = (into: string, entries: readonly string[]): void => {
  // Below the root, so that it finds the libraries' types.
  const folder = mkdtempSync(join(root, ".types-"))
  try {
    const compilerOptions = {
      ...{ noEmit: false, declaration: true, emitDeclarationOnly: true, rootDir: root, outDir: into },
    }
    const files = entries.map((entry) => join(root, entry))
    const settings = { extends: join(root, "tsconfig.json"), compilerOptions, files, include: [] }
    const project = join(folder, "tsconfig.json")
    writeFileSync(project, JSON.stringify(settings))
    const { exitCode, stdout } = Bun.spawnSync([compiler, "--project", project])
    if (exitCode !== 0) throw new Error(`The types can't be written:\n${stdout}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  const reached = reachedFrom(
    into,
    entries.map((entry) => entry.replace(/ts$/, "d.ts")),
  )
  for (const file of readdirSync(into, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".d.ts")) continue
    if (!reached.has(file)) rmSync(join(into, file))
  }
}

/** Writes out those that others may come to, which are few of those that the compiler makes. */
const reachedFrom = (into: string, entries: readonly string[]): ReadonlySet<string> => {
  const reached = new Set(entries)
  for (const file of reached) {
    const path = join(into, file)
    const text = written(readFileSync(path, "utf8"), file)
    writeFileSync(path, text)
    for (const [, named = ""] of text.matchAll(/(?:from|import\()\s*["'](\.[^"']*)\.js["']/g))
      reached.add(join(dirname(file), `${named}.d.ts`))
  }
  return reached
}
