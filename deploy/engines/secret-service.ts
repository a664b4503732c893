import { existsSync } from "node:fs"
import { mkdir } from "node:fs/promises"
import { delimiter, join } from "node:path"
import { installedFolder, installOnce } from "./install.ts"
import { librariesIn, packagesObstacle, unpackPackages } from "./packages.ts"

/** A keyring without a desktop, as the client uses one on Linux: of the machine itself, or from its packages. */
const recipe = { name: "secret-service", version: "packages" } as const
const programs = {
  "dbus-daemon": "dbus-daemon",
  "gnome-keyring-daemon": "gnome-keyring",
  "secret-tool": "libsecret-tools",
}
/** The rest is a desktop's. */
const needed = /^lib(secret|gck|gcr-base|gcr-4|p11|gcrypt|gpg-error|glib2|systemd|dbus|ffi|pcre2)|^dbus/

const missing = (): readonly string[] =>
  Object.entries(programs).flatMap(([program, name]) => (Bun.which(program) === null ? [name] : []))

/** Why this machine can't have it, if it can't. */
export const secretServiceObstacle = (): string | undefined => {
  if (process.platform !== "linux") return "it is one of Linux"
  const obstacle = missing().length === 0 ? undefined : packagesObstacle()
  return obstacle && `it can't be brought: ${obstacle}. Install ${missing().join(", ")}`
}

/** What is still to be brought, for people; undefined where all is there. */
export const secretServiceDownload = (cache: string): string | undefined =>
  missing().length > 0 && !existsSync(installedFolder(cache, recipe))
    ? "a keyring, from this machine's packages: about 4 MB"
    : undefined

export const installSecretService = async (cache: string): Promise<void> => {
  const packages = missing()
  if (packages.length === 0) return
  await installOnce(cache, { ...recipe, build: (folder) => unpackPackages(folder, { packages, needed }) })
}

export type SecretService = {
  /** With which programs find it. */
  readonly environment: Readonly<Record<string, string>>
  stop(): Promise<void>
}

const bus = (path: string): string => `<busconfig>
  <type>session</type>
  <listen>unix:path=${path}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>
`

/** Starts one of its own in this folder, unlocked, that nobody else knows of. */
export const startSecretService = async (
  folder: string,
  { cache, programs_path }: { readonly cache: string; readonly programs_path: string },
): Promise<SecretService> => {
  const root = join(installedFolder(cache, recipe), "root")
  const path = [join(root, "usr/bin"), programs_path].join(delimiter)
  const home = join(folder, "home")
  const runtime = join(folder, "run")
  await mkdir(home, { recursive: true })
  await mkdir(runtime, { mode: 0o700 })
  const socket = join(folder, "bus")
  await Bun.write(join(folder, "bus.conf"), bus(socket))
  const environment = {
    PATH: path,
    LD_LIBRARY_PATH: librariesIn(root).join(":"),
    DBUS_SESSION_BUS_ADDRESS: `unix:path=${socket}`,
    XDG_RUNTIME_DIR: runtime,
  }
  const env = { ...environment, HOME: home, XDG_DATA_HOME: join(home, "data") }
  const quiet = { stdout: "ignore", stderr: "ignore", env } as const
  const begin = (program: string, words: readonly string[], stdin: "ignore" | Blob) =>
    Bun.spawn([Bun.which(program, { PATH: path }) ?? program, ...words], { ...quiet, stdin })
  const dbus = begin("dbus-daemon", [`--config-file=${join(folder, "bus.conf")}`, "--nofork"], "ignore")
  while (!existsSync(socket)) await Bun.sleep(10)
  const words = ["--foreground", "--unlock", "--components=secrets"]
  const daemon = begin("gnome-keyring-daemon", words, new Blob(["password of a test"]))
  return {
    environment,
    async stop() {
      for (const child of [daemon, dbus]) {
        child.kill("SIGKILL")
        await child.exited
      }
    },
  }
}
