import { lookup } from "node:dns/promises"
import { isIP } from "node:net"
import { version } from "#kernel/config/version.ts"
import type { Io } from "../io.ts"
import { type Finding, findingsOf } from "./finding.ts"

const { ok, warning, bad } = findingsOf("server")

const max_wait_ms = 3_000
/** Below this nobody notices. */
const max_skew_ms = 30_000

type Answer = { readonly response: Response; readonly text: string; readonly took_ms: number }

const get = async (url: string, io: Io): Promise<Answer> => {
  const begun = performance.now()
  const response = await io.fetch(new Request(url, { signal: AbortSignal.timeout(max_wait_ms) }))
  return { response, text: await response.text(), took_ms: performance.now() - begun }
}

const reasons: readonly (readonly [pattern: RegExp, says: string, next: string])[] = [
  [
    /ECONNREFUSED|ConnectionRefused|Unable to connect/i,
    "nothing listens there",
    "Start the platform with `wf up`, or check the port.",
  ],
  [
    /Timeout|timed out|ETIMEDOUT/i,
    "it doesn't answer in time",
    "A firewall may be in between, or the wrong port.",
  ],
  [
    /SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|self.signed|unable to (get|verify)/i,
    "its certificate is signed by nobody who is trusted here",
    "Name the certificate of its authority in NODE_EXTRA_CA_CERTS or SSL_CERT_FILE.",
  ],
  [
    /CERT_HAS_EXPIRED|certificate has expired/i,
    "its certificate has expired",
    "Its operator has to renew it.",
  ],
  [
    /ALTNAME|altnames|HOSTNAME_MISMATCH/i,
    "its certificate is for another name",
    "Use the name that the certificate is for.",
  ],
  [
    /SSL|TLS|WRONG_VERSION|EPROTO/i,
    "it doesn't speak TLS as is expected",
    "Perhaps it is http:// rather than https://.",
  ],
  [
    /ECONNRESET|ConnectionClosed|socket/i,
    "it closes the connection",
    "Perhaps it is https:// rather than http://.",
  ],
  [/proxy/i, "the proxy refuses", "Check HTTPS_PROXY and NO_PROXY."],
]

/** Why an address can't be reached, by what the runtime calls it. */
export const unreachable = (error: unknown): { readonly says: string; readonly next: string } => {
  const { code = "", name = "", message = "" } = (error ?? {}) as NodeJS.ErrnoException
  const known = reasons.find(([pattern]) => pattern.test(`${code} ${name} ${message}`))
  if (known) return { says: known[1], next: known[2] }
  return { says: `it can't be reached: ${message || code}`, next: "Check the address and the network." }
}

const nameOf = async (host: string): Promise<Finding | undefined> => {
  const name = host.replace(/^\[|\]$/g, "")
  if (isIP(name) !== 0) return undefined
  try {
    const found = await lookup(name)
    return ok("name", `${name} is ${found.address}`)
  } catch {
    const next = "Check how it is spelt, and the network's name servers."
    return bad("name", { says: `nobody knows the name ${name}`, next })
  }
}

const objectIn = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

const clock = ({ response, took_ms }: Answer, now: Date): readonly Finding[] => {
  const there_ms = Date.parse(response.headers.get("date") ?? "")
  if (Number.isNaN(there_ms)) return []
  const away_ms = now.getTime() - took_ms / 2 - there_ms
  if (Math.abs(away_ms) < max_skew_ms) return [ok("clock", "as the server's")]
  const seconds = Math.round(Math.abs(away_ms) / 1000)
  const says = `${seconds} s ${away_ms > 0 ? "ahead of" : "behind"} the server's`
  return [
    warning("clock", { says, next: "Set both by a time server: tokens end, and times are shown, by them." }),
  ]
}

const versions = (there: unknown): Finding => {
  if (there === version) return ok("version", `${version}, as this client`)
  // A gateway answers for the services behind it, which may be of several.
  if (typeof there !== "string") return ok("version", "it doesn't say which")
  const says = `the server is ${there}, this client ${version}`
  return warning("version", {
    says,
    next: "Use a client of the server's version where something doesn't fit.",
  })
}

const readiness = async (url: string, io: Io): Promise<readonly Finding[]> => {
  const answer = await get(`${url}/health/ready`, io).catch(() => undefined)
  if (answer === undefined) return []
  const { parts } = objectIn(answer.text)
  const states = typeof parts === "object" && parts !== null ? Object.entries(parts) : []
  const broken = states.filter(([, state]) => state !== "ok")
  if (answer.response.ok) {
    const names = states.map(([name]) => name).join(", ")
    return [ok("readiness", names === "" ? "it is ready" : `all parts are ready: ${names}`)]
  }
  const next = "Its operator finds more in the platform's log, and in `GET /health/ready`."
  if (broken.length === 0) return [bad("readiness", { says: `it answers ${answer.response.status}`, next })]
  return broken.map(([name, state]) => bad(`readiness of ${name}`, { says: String(state), next }))
}

export type CheckedServer = { readonly findings: readonly Finding[]; readonly is_there: boolean }

/** Whether a platform answers at the address, and how it is. */
export const checkServer = async (address: string, io: Io): Promise<CheckedServer> => {
  const url = address.replace(/\/+$/, "")
  const name = await nameOf(new URL(url).hostname)
  const named = name === undefined ? [] : [name]
  const is_proxied = Object.keys(io.environment).some(
    (one) => /^https?_proxy$/i.test(one) && io.environment[one],
  )
  if (name?.verdict === "bad" && !is_proxied) return { findings: named, is_there: false }
  let answer: Answer
  try {
    answer = await get(`${url}/health/live`, io)
  } catch (error) {
    return { findings: [...named, bad("connection", unreachable(error))], is_there: false }
  }
  const said = objectIn(answer.text)
  if (!answer.response.ok || said.status !== "ok") {
    const says = `what answers there is no wf platform (${answer.response.status})`
    const next = "Check the address; a path before /api belongs to it, too."
    return { findings: [...named, bad("connection", { says, next })], is_there: false }
  }
  const connection = ok("connection", `it answers within ${Math.ceil(answer.took_ms)} ms`)
  const more = [versions(said.version), ...clock(answer, io.now()), ...(await readiness(url, io))]
  return { findings: [...named, connection, ...more], is_there: true }
}
