import { existsSync } from "node:fs"
import { chmod, mkdir } from "node:fs/promises"
import { join } from "node:path"
import { runCommand } from "./command.ts"
import { installedFolder, installOnce } from "./install.ts"
import { librariesIn, packagesObstacle, unpackPackages } from "./packages.ts"

/** No engine that is started: a tool that runs containers, of the machine itself or unpacked from its own packages. */
const name = "podman"
const version = "packages"
const packages = ["podman", "runc"] as const

const rootOf = (cache: string): string => join(installedFolder(cache, { name, version }), "root")

/** Why this machine can't have it, if it can't. */
export const podmanObstacle = (): string | undefined => {
  if (process.platform !== "linux") return "it runs on Linux"
  if (process.getuid?.() !== 0) return "here it is run by root only"
  if (Bun.which(name) !== null) return undefined
  if (packagesObstacle() === undefined) return undefined
  return "it isn't installed, and there is no apt-get to bring it: install podman with a runtime (runc or crun)"
}

/** What is still to be brought, for people; undefined where it is there. */
export const podmanDownload = (cache: string): string | undefined =>
  Bun.which(name) === null && !existsSync(rootOf(cache))
    ? "podman, from this machine's packages: about 25 MB"
    : undefined

/** Takes the machine's own; where there is none, its packages are unpacked into the cache, and nothing is installed. */
export const installPodman = async (cache: string): Promise<void> => {
  if (Bun.which(name) === null)
    await installOnce(cache, { name, version, build: (folder) => unpackPackages(folder, { packages }) })
}

const written = (lines: readonly string[]): string => `${lines.join("\n")}\n`

/**
 * Answers a `podman` to be called, whose images and containers are in this folder and which knows nothing of the
 * machine's own.
 */
export const podmanIn = async (folder: string, cache: string): Promise<string> => {
  const own = Bun.which(name)
  const root = rootOf(cache)
  const at = (path: string) => join(folder, path)
  await mkdir(at("home/.config/containers"), { recursive: true })
  const storage = [`runroot = "${at("run")}"`, `graphroot = "${at("images")}"`]
  await Bun.write(at("storage.conf"), written(["[storage]", 'driver = "vfs"', ...storage]))
  await Bun.write(at("containers.conf"), written(configuration(folder, own === null ? root : undefined)))
  await Bun.write(at("registries.conf"), 'unqualified-search-registries = ["registry.invalid"]\n')
  await Bun.write(
    at("home/.config/containers/policy.json"),
    '{"default": [{"type": "insecureAcceptAnything"}]}\n',
  )
  const libraries = librariesIn(root).join(":")
  const script = [
    "#!/bin/sh",
    `export HOME='${at("home")}' CONTAINERS_CONF='${at("containers.conf")}'`,
    `export CONTAINERS_STORAGE_CONF='${at("storage.conf")}' CONTAINERS_REGISTRIES_CONF='${at("registries.conf")}'`,
    ...(own === null ? [`export LD_LIBRARY_PATH="${libraries}"`] : []),
    `exec '${own ?? join(root, "usr/bin/podman")}' "$@"`,
  ]
  await mkdir(at("bin"))
  await Bun.write(at("bin/podman"), written(script))
  await chmod(at("bin/podman"), 0o755)
  return at("bin/podman")
}

/** Without systemd, without its log, and with locks that no other podman shares. */
const configuration = (folder: string, unpacked: string | undefined): readonly string[] => {
  const engine = [
    "[engine]",
    'cgroup_manager = "cgroupfs"',
    'events_logger = "none"',
    'lock_type = "file"',
    `tmp_dir = "${join(folder, "tmp")}"`,
    `volume_path = "${join(folder, "volumes")}"`,
  ]
  if (unpacked === undefined) return engine
  const libraries = librariesIn(unpacked).join(":")
  return [
    "[containers]",
    `seccomp_profile = "${unpacked}/usr/share/containers/seccomp.json"`,
    ...engine,
    'runtime = "runc"',
    `conmon_path = ["${unpacked}/usr/bin/conmon"]`,
    `conmon_env_vars = ["PATH=/usr/bin:/bin:/usr/sbin:/sbin", "LD_LIBRARY_PATH=${libraries}"]`,
    "[engine.runtimes]",
    `runc = ["${unpacked}/usr/bin/runc", "${unpacked}/usr/sbin/runc"]`,
  ]
}

const programs = ["sh", "cat", "sleep", "id", "env", "head", "tail", "mkdir", "ls"] as const

/** Makes an image of a few programs of this machine: none can be pulled where there is no registry. */
export const importImage = async (podman: string, folder: string, image: string): Promise<void> => {
  const root = join(folder, "image")
  await mkdir(join(root, "bin"), { recursive: true })
  for (const place of ["etc", "tmp", "proc", "sys", "dev"]) await mkdir(join(root, place))
  await Bun.write(join(root, "etc/passwd"), "root:x:0:0:root:/:/bin/sh\nsomebody:x:1000:1000::/tmp:/bin/sh\n")
  for (const program of programs) await takeProgram(program, root)
  const archive = join(folder, "image.tar")
  await runCommand({ words: ["tar", "-C", root, "-cf", archive, "."] })
  await runCommand({ words: [podman, "import", archive, image] })
}

const takeProgram = async (program: string, root: string): Promise<void> => {
  const path = Bun.which(program)
  if (path === null) throw new Error(`There is no ${program} on this machine to make an image of.`)
  await runCommand({ words: ["cp", "-L", path, join(root, "bin", program)] })
  const said = await runCommand({ words: ["ldd", path] })
  for (const [, library = ""] of said.matchAll(/(\/\S+) \(0x/g)) {
    await runCommand({ words: ["cp", "-L", "--parents", library, root] })
  }
}
