import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"
import type { Io } from "./io.ts"

/** What was compiled into one file is nowhere else: it has no files of its own. */
export const isCompiled = /\$bunfs|~BUN/.test(import.meta.url)

/** Tells one file that is the whole client that it is to evaluate a program, and nothing else. */
export const evaluation_variable = "WF_EVALUATION"

const root = new URL("../", import.meta.url)

/** A file of ours, which the npm package has as JavaScript; undefined where this is the client alone. */
export const ownFile = (name: string): string | undefined =>
  [".ts", ".js"]
    .map((ending) => fileURLToPath(new URL(`${name}${ending}`, root)))
    .find((path) => existsSync(path))

type Runtime = Pick<Io, "environment">

const oldest_bun = [1, 4] as const
const how_to_get_bun = "Install it with `npm install --global bun@1.4.5` (https://bun.com has other ways)."

const bunInPath = ({ PATH = "" }: Io["environment"]): string | undefined =>
  PATH.split(delimiter)
    .flatMap((folder) => ["bun", "bun.exe"].map((name) => join(folder, name)))
    .find((path) => existsSync(path))

const isRecent = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  return major > oldest_bun[0] || (major === oldest_bun[0] && minor >= oldest_bun[1])
}

/** The program that runs what only Bun runs: this one, or the one that is found. */
export const bunFor = (what: string, { environment }: Runtime): string => {
  if (process.versions.bun !== undefined) return process.execPath
  const found = bunInPath(environment)
  if (found === undefined)
    throw new Failure(exit_codes.usage, `${what} needs Bun, which is not in your PATH. ${how_to_get_bun}`)
  const version = spawnSync(found, ["--version"], { encoding: "utf8" }).stdout?.trim() ?? ""
  if (isRecent(version)) return found
  throw new Failure(
    exit_codes.usage,
    `${what} needs Bun ${oldest_bun.join(".")} or newer; ${found} is ${version || "none that starts"}. ${how_to_get_bun}`,
  )
}

/** What starts a platform on this machine, to which its options are added. */
export const platformCommand = (io: Runtime): readonly [program: string, main: string] => {
  const main = ownFile("services/all/main")
  if (main !== undefined) return [bunFor("The platform", io), main]
  throw new Failure(
    exit_codes.usage,
    "This is the client alone. The platform comes with the npm package: `npm install --global wf bun@1.4.5`, then `wf up`. " +
      "A checkout has it, too: `./wf up`. To speak to one that runs elsewhere, set WF_URL or `wf login`.",
  )
}
