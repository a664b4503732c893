import { mkdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { buildBinary, type Target, targets } from "./binary.ts"
import { root } from "./bundle.ts"
import { layOutPackage, packPackage } from "./npm.ts"

const into = join(root, "dist")

const tell = (path: string) =>
  process.stdout.write(`${path}\t${(statSync(path).size / 1024 / 1024).toFixed(1)} MiB\n`)

const buildPackage = async (): Promise<void> => {
  await layOutPackage(join(into, "npm"))
  tell(packPackage(join(into, "npm"), into))
}

const isTarget = (text: string): text is Target => (targets as readonly string[]).includes(text)

const buildBinaries = async (names: readonly string[]): Promise<void> => {
  const wanted = names.length === 0 ? targets : names.map((name) => `bun-${name}`)
  for (const target of wanted) {
    if (!isTarget(target))
      throw new Error(`There are: ${targets.map((one) => one.replace("bun-", "")).join(", ")}`)
    tell(await buildBinary(target, join(into, target.replace("bun", "wf"))))
  }
}

const [what, ...names] = process.argv.slice(2)
mkdirSync(into, { recursive: true })
await (what === "npm" ? buildPackage() : buildBinaries(names))
