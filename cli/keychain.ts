import { spawnSync } from "node:child_process"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"
import type { Io } from "./io.ts"

/** Where the system keeps secrets of whoever is signed in, by the names of profiles. */
export type Keychain = {
  read(profile: string): string | undefined
  write(profile: string, token: string): void
  remove(profile: string): void
}

type Call = { readonly words: readonly string[]; readonly stdin?: string }
type Said = { readonly code: number; readonly out: string; readonly err: string }

/** Somebody may have to unlock it first. */
const patience_ms = 60_000
/** Nobody is asked to, so it answers at once or not at all. */
const quiet_ms = 300

const service = "wf"

const instead = "`wf config set credentials file` keeps tokens in a file for your eyes only instead."

type Tool = {
  readonly name: string
  /** How to get it. */
  readonly hint: string
  readonly io: Pick<Io, "environment">
  readonly max_ms?: number
}

const caller =
  ({ name, hint, io, max_ms = patience_ms }: Tool) =>
  ({ words, stdin = "" }: Call): Said => {
    const options = { input: stdin, timeout: max_ms, encoding: "utf8", env: io.environment } as const
    const done = spawnSync(name, words, options)
    const { code } = (done.error ?? {}) as NodeJS.ErrnoException
    if (code === "ENOENT")
      throw new Failure(exit_codes.failed, `There is no \`${name}\` here. ${hint} ${instead}`)
    return { code: done.status ?? 1, out: done.stdout ?? "", err: (done.stderr ?? code ?? "").trim() }
  }

const refused = ({ err }: Said): Failure =>
  new Failure(exit_codes.failed, `The keychain can't be used: ${err || "it doesn't say why"}.\n${instead}`)

const secret_tool = {
  name: "secret-tool",
  hint: "Install it (libsecret-tools), with a keyring such as GNOME's or KWallet.",
}

const attributes = (profile: string): readonly string[] => ["service", service, "profile", profile]

/** Any keyring that speaks the Secret Service protocol, through `secret-tool`. */
const ofLinux = (io: Pick<Io, "environment">): Keychain => {
  const call = caller({ ...secret_tool, io })
  return {
    read(profile) {
      const said = call({ words: ["lookup", ...attributes(profile)] })
      // It says nothing where there is nothing, and why where it can't be asked.
      if (said.code !== 0 && said.err !== "") throw refused(said)
      return said.code === 0 ? said.out.trim() : undefined
    },
    write(profile, token) {
      const words = ["store", "--label", `wf: ${profile}`, ...attributes(profile)]
      const said = call({ words, stdin: token })
      if (said.code !== 0) throw refused(said)
    },
    remove(profile) {
      const said = call({ words: ["clear", ...attributes(profile)] })
      if (said.code !== 0 && said.err !== "") throw refused(said)
    },
  }
}

const not_found = 44

/** The keychain of macOS. What is secret goes by standard input: others may read the words of a process. */
const ofMac = (io: Pick<Io, "environment">): Keychain => {
  const call = caller({ name: "security", hint: "It is a part of macOS.", io })
  const named = (profile: string): readonly string[] => ["-s", service, "-a", profile]
  return {
    read(profile) {
      const said = call({ words: ["find-generic-password", ...named(profile), "-w"] })
      if (said.code === not_found) return undefined
      if (said.code !== 0) throw refused(said)
      return said.out.trim()
    },
    write(profile, token) {
      if (/["\\\n]/.test(`${profile}${token}`))
        throw new Failure(exit_codes.usage, "The keychain takes no profile with quotes in its name.")
      const stdin = `add-generic-password -U -s "${service}" -a "${profile}" -w "${token}"\n`
      const said = call({ words: ["-i"], stdin })
      if (said.code !== 0) throw refused(said)
    },
    remove(profile) {
      const said = call({ words: ["delete-generic-password", ...named(profile)] })
      if (said.code !== 0 && said.code !== not_found) throw refused(said)
    },
  }
}

/** The one of this system. */
export const keychain = (io: Pick<Io, "environment">, platform: string = process.platform): Keychain => {
  if (platform === "linux") return ofLinux(io)
  if (platform === "darwin") return ofMac(io)
  throw new Failure(exit_codes.failed, `There is no keychain that wf knows on ${platform}. ${instead}`)
}

/** Only if nobody has to be asked for it: where it is locked there is none. Elsewhere than on Linux that can't be told. */
export const unlockedToken = (profile: string, io: Pick<Io, "environment">): string | undefined => {
  if (process.platform !== "linux") return undefined
  const said = caller({ ...secret_tool, io, max_ms: quiet_ms })({ words: ["search", ...attributes(profile)] })
  return /^secret = (.*)$/m.exec(said.out)?.[1]
}
