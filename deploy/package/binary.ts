import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { BunPlugin } from "bun"
import { leaveOutDevelopers, root, usual } from "./bundle.ts"

export const targets = [
  "bun-linux-x64",
  "bun-linux-arm64",
  "bun-darwin-x64",
  "bun-darwin-arm64",
  "bun-windows-x64",
] as const

export type Target = (typeof targets)[number]

const examples = (): Readonly<Record<string, string>> => {
  const folder = join(root, "examples")
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
  return Object.fromEntries(
    names.sort().map((name) => [name, readFileSync(join(folder, name)).toString("base64")]),
  )
}

/** One file has no folder beside it, so it brings the examples along. */
const bringExamples: BunPlugin = {
  name: "examples",
  setup: (build) => {
    build.onLoad({ filter: /cli\/binary\/kept\.ts$/ }, () => ({
      contents: `export const kept = ${JSON.stringify(examples())}`,
      loader: "ts",
    }))
  },
}

/** The client as one program that needs nothing else, for a system that needn't be this one. */
export const buildBinary = async (target: Target, outfile: string): Promise<string> => {
  const { outputs } = await Bun.build({
    ...usual,
    entrypoints: [join(root, "cli/binary/main.ts")],
    // It is parsed when it is built, so that it begins in a third of the time.
    bytecode: true,
    splitting: true,
    format: "esm",
    compile: { target, outfile, autoloadDotenv: false, autoloadBunfig: false },
    plugins: [bringExamples, leaveOutDevelopers],
  })
  const [{ path } = { path: outfile }] = outputs
  return path
}
