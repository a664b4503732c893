import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

export const root = new URL("../..", import.meta.url).pathname

const version = (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { engines: { bun: string } })
  .engines.bun

const must = (command: readonly string[], cwd: string): string => {
  const done = Bun.spawnSync([...command], { cwd, stderr: "pipe" })
  if (done.exitCode !== 0) throw new Error(`${command.join(" ")}: ${done.stderr}`)
  return done.stdout.toString()
}

const made: string[] = []

/** A folder that is gone when the tests are. Whoever may pass through it is up to the test. */
export const temporaryFolder = (mode = 0o755): string => {
  const folder = mkdtempSync(join(tmpdir(), "wf-launcher-"))
  must(["chmod", mode.toString(8), folder], "/")
  made.push(folder)
  return folder
}

export const removeFolders = (): void => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
}

/** A clone, with what has not been committed yet: what is tested is what is here. */
export const clone = (into: string): string => {
  const checkout = join(into, "checkout")
  must(["git", "clone", "--quiet", root, checkout], into)
  const changed = must(["git", "ls-files", "--modified", "--others", "--exclude-standard"], root)
  for (const path of changed.split("\n").filter((name) => name !== "" && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(checkout, path)), { recursive: true })
    cpSync(join(root, path), join(checkout, path))
  }
  return checkout
}

/** As if everything had been installed: a clone for tests to which the installation is not the point. */
export const installed = (checkout: string): string => {
  symlinkSync(join(root, "node_modules"), join(checkout, "node_modules"))
  mkdirSync(join(checkout, ".bun"))
  writeFileSync(join(checkout, ".bun/path"), `${process.execPath}\n`)
  writeFileSync(join(checkout, ".bun/ready-all"), "")
  const later = new Date(Date.now() + 1_000)
  utimesSync(join(checkout, ".bun/ready-all"), later, later)
  return checkout
}

/** Gives a folder and all in it to another account. */
export const giveTo = (folder: string, uid: number): void => {
  chownSync(folder, uid, uid)
  must(["chown", "-R", "-h", `${uid}:${uid}`, folder], "/")
}

/**
 * A folder with every command of the system but Bun, Node and npm, and those of the three that are named.
 * The PATH of a machine that has nothing else of ours.
 */
export const commandFolder = (tools: Readonly<Record<string, string>>): string => {
  const folder = temporaryFolder()
  const script =
    'cd "$0" && for c in /usr/bin/* /bin/*; do case ${c##*/} in bun|bunx|node|nodejs|npm|npx) ;; *) ln -s "$c" . 2>/dev/null ;; esac; done; true'
  must(["/bin/sh", "-c", script, folder], "/")
  for (const [name, path] of Object.entries(tools)) symlinkSync(path, join(folder, name))
  return folder
}

/** A Bun that says it is another version, as a machine may have one. */
export const otherBun = (): string => {
  const path = join(temporaryFolder(), "bun")
  const script = `#!/bin/sh\n[ "$1" = --version ] && { echo 1.0.0; exit; }\nexec ${process.execPath} "$@"\n`
  writeFileSync(path, script, { mode: 0o755 })
  return path
}

export const pinned_version = version
