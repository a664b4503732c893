import { mkdir, readdir, rm } from "node:fs/promises"
import { join } from "node:path"
import { runCommand } from "./command.ts"

/** Why packages of the system can't be had here, if they can't. */
export const packagesObstacle = (): string | undefined => {
  const missing = ["apt-get", "dpkg-deb"].filter((tool) => Bun.which(tool) === null)
  return missing.length === 0 ? undefined : `there is no ${missing.join(" and no ")}`
}

type Wanted = {
  readonly packages: readonly string[]
  /** Of what they need; all of it, when left out. */
  readonly needed?: RegExp
}

/** Fetches packages of this system, with what they need and this machine lacks, and unpacks them; nothing is installed. */
export const unpackPackages = async (folder: string, { packages, needed }: Wanted): Promise<void> => {
  const state = join(folder, "state")
  await mkdir(join(state, "lists", "partial"), { recursive: true })
  await mkdir(join(state, "cache", "archives", "partial"), { recursive: true })
  const own = [`Dir::State::lists=${join(state, "lists")}`, `Dir::Cache=${join(state, "cache")}`]
  const options = [...own, "APT::Sandbox::User=root"].flatMap((option) => ["-o", option])
  const apt = (words: readonly string[]) =>
    runCommand({ words: ["apt-get", ...options, ...words], folder: state, max_ms: 300_000 })
  await apt(["update", "--quiet"])
  const plan = await apt(["install", "--simulate", "--no-install-recommends", ...packages])
  const planned = [...plan.matchAll(/^Inst (\S+)/gm)].map(([, found = ""]) => found)
  const wanted = planned.filter((name) => packages.includes(name) || (needed?.test(name) ?? true))
  await apt(["download", "--quiet", ...wanted])
  for (const file of await readdir(state)) {
    if (file.endsWith(".deb"))
      await runCommand({ words: ["dpkg-deb", "-x", join(state, file), join(folder, "root")] })
  }
  await rm(state, { recursive: true })
}

/** Where the libraries of such a folder are. */
export const librariesIn = (root: string): readonly string[] => {
  const machine = `${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`
  return [`${root}/usr/lib/${machine}`, `${root}/lib/${machine}`]
}
