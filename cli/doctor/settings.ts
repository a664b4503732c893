import { existsSync, statSync } from "node:fs"
import { dirname, isAbsolute } from "node:path"
import { profileFile } from "#kernel/config/profiles.ts"
import type { Options } from "../command.ts"
import { isWebUrl } from "../connection.ts"
import type { Io } from "../io.ts"
import { type Settings, settingsOf } from "../settings.ts"
import { type Finding, findingsOf } from "./finding.ts"

const { ok, warning, bad } = findingsOf("settings")

const others = 0o077

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const rights = (path: string): Finding => {
  const open = (statSync(path).mode & others) !== 0
  return open
    ? bad("profiles", {
        says: `others of this machine may read ${path}, which holds tokens`,
        next: `chmod 600 '${path}'`,
      })
    : ok("profiles", `${path}, for you alone`)
}

const folderRights = (path: string): readonly Finding[] => {
  const folder = dirname(path)
  if ((statSync(folder).mode & 0o022) === 0) return []
  return [
    bad("folder of profiles", {
      says: `others of this machine may change what is in ${folder}`,
      next: `chmod 700 '${folder}'`,
    }),
  ]
}

const file = (io: Io): readonly Finding[] => {
  const { path, read } = profileFile(io.environment)
  if (!existsSync(path)) return [ok("profiles", "none are kept yet")]
  try {
    read()
    return [rights(path), ...folderRights(path)]
  } catch (error) {
    return [bad("profiles", { says: messageOf(error), next: `Mend or remove ${path}.` })]
  }
}

const proxy_names = ["HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy", "ALL_PROXY"] as const

const proxies = ({ environment }: Io): readonly Finding[] => {
  const set = proxy_names.filter((name) => environment[name])
  if (set.length === 0) return []
  const says = `${set.join(" and ")} ${set.length === 1 ? "is" : "are"} set: what is asked goes through a proxy`
  return [warning("proxy", { says, next: "Name the platform's host in NO_PROXY if it shall not." })]
}

const tokenEnd = /^[\w-]+\.([\w-]+)\.[\w-]+$/

/** An access token says by itself when it ends; an API token doesn't. */
const endOf = (token: string): Date | undefined => {
  const [, claims] = tokenEnd.exec(token) ?? []
  if (claims === undefined) return undefined
  try {
    const { exp } = JSON.parse(Buffer.from(claims, "base64url").toString("utf8")) as { exp?: unknown }
    return typeof exp === "number" ? new Date(exp * 1000) : undefined
  } catch {
    return undefined
  }
}

const token = ({ token: given }: Settings, io: Io): Finding => {
  if (given === undefined || given.value === "")
    return bad("token", { says: "there is none", next: "Sign in with `wf login`, or set WF_TOKEN." })
  const end = endOf(given.value)
  if (end === undefined || end > io.now()) return ok("token", `from ${given.from}`)
  return bad("token", {
    says: `the one from ${given.from} ended at ${end.toISOString()}`,
    next: "Sign in again with `wf login`.",
  })
}

export type CheckedSettings = {
  readonly findings: readonly Finding[]
  readonly url: string | undefined
  /** Where the `wf up` keeps its data whose token is used. */
  readonly data?: string | undefined
}

/** Which platform is meant, and with what it is spoken to. */
export const checkSettings = (options: Options, io: Io): CheckedSettings => {
  const first = [...file(io), ...proxies(io)]
  let settings: Settings
  try {
    settings = settingsOf(options, io)
  } catch (error) {
    const unknown = bad("settings", {
      says: messageOf(error),
      next: "`wf config profiles` lists what there is.",
    })
    return { findings: [...first, unknown], url: undefined }
  }
  const { url } = settings
  if (url === undefined) {
    const next = "Start one with `wf up`, or sign in to one with `wf login --url URL`."
    return {
      findings: [...first, bad("address", { says: "no platform is known here", next })],
      url: undefined,
    }
  }
  if (!isWebUrl(url.value)) {
    const next = "Give one like http://127.0.0.1:4400."
    const says = `\`${url.value}\`, from ${url.from}, is not a URL`
    return { findings: [...first, bad("address", { says, next })], url: undefined }
  }
  const address = ok("address", `${url.value}, from ${url.from}`)
  const from = settings.token?.from ?? ""
  const data = isAbsolute(from) ? dirname(from) : undefined
  return { findings: [...first, address, token(settings, io)], url: url.value, data }
}
