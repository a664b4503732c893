import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { bundle, root } from "./bundle.ts"
import { noticesOf } from "./notices.ts"
import { declare } from "./types.ts"

/** What others import, by the name that they give it, and the file that it is. */
const doors = {
  ".": "sdk/index.ts",
  "./worker": "sdk/worker/index.ts",
  "./authoring": "sdk/authoring/index.ts",
} as const

type Manifest = {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly license: string
  readonly dependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
}

const built = (path: string, ending: string): string => `./${path.replace(/ts$/, ending)}`

const manifestOf = (own: Manifest) => ({
  name: own.name,
  version: own.version,
  description: own.description,
  license: own.license,
  keywords: ["workflow", "orchestration", "dag", "jobs", "approval", "worker"],
  type: "module",
  engines: { node: ">=20" },
  bin: { wf: "cli/main.js" },
  exports: {
    ...Object.fromEntries(
      Object.entries(doors).map(([door, path]) => [
        door,
        { types: built(path, "d.ts"), default: built(path, "js") },
      ]),
    ),
    "./package.json": "./package.json",
  },
  sideEffects: ["./cli/**", "./services/**"],
  // Workflows are given schemas that their authors made with it: there has to be one zod.
  dependencies: { zod: `^${own.dependencies.zod}` },
  optionalDependencies: own.optionalDependencies,
})

/** Read where they lie, by what was built. */
const kept_folders = [
  "examples",
  "kernel/outbox/tables.sql",
  ...readdirSync(join(root, "services")).map((service) => `services/${service}/migrations`),
  "services/worker/script",
  "services/all/reference/page.html",
  "services/all/reference/start.js",
  "services/all/reference/generated",
]

const isKept = (path: string): boolean => !path.includes(".test.")

const copyKept = (into: string): void => {
  for (const path of kept_folders) {
    const from = join(root, path)
    if (readdirSync(join(from, "..")).includes(path.split("/").at(-1) ?? ""))
      cpSync(from, join(into, path), { recursive: true, filter: isKept })
  }
}

/** Lays the package out in a folder, as npm is to pack it. */
export const layOutPackage = async (into: string): Promise<void> => {
  const own = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest
  rmSync(into, { recursive: true, force: true })
  mkdirSync(into, { recursive: true })
  const entries = Object.values(doors)
  const parts = [
    await bundle(into, { entries, folder: "sdk", target: "browser", external: ["zod"] }),
    await bundle(into, { entries: ["cli/main.ts"], folder: "cli", target: "node" }),
    await bundle(into, { entries: ["cli/evaluation/main.ts"], folder: "cli/evaluation", target: "bun" }),
    await bundle(into, { entries: ["services/all/main.ts"], folder: "services/all", target: "bun" }),
  ]
  declare(into, entries)
  copyKept(into)
  const write = (name: string, text: string) => writeFileSync(join(into, name), text)
  const main = readFileSync(join(into, "cli/main.js"), "utf8")
  writeFileSync(join(into, "cli/main.js"), `#!/usr/bin/env node\n${main}`, { mode: 0o755 })
  write("package.json", `${JSON.stringify(manifestOf(own), undefined, 2)}\n`)
  write("NOTICES", noticesOf(parts.flat()))
  cpSync(join(root, "deploy/package/README.md"), join(into, "README.md"))
  cpSync(join(root, "LICENSE"), join(into, "LICENSE"))
}

/** Packs what was laid out, as npm publishes it; answers the archive. */
export const packPackage = (laid_out: string, into: string): string => {
  const words = [process.execPath, "pm", "pack", "--ignore-scripts", "--quiet", "--destination", into]
  const { exitCode, stdout, stderr } = Bun.spawnSync(words, { cwd: laid_out })
  if (exitCode !== 0) throw new Error(`The package can't be packed:\n${stderr}`)
  const name = stdout.toString().trim().split("/").at(-1) ?? ""
  return join(into, name)
}
