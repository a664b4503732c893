import { Problem } from "#kernel/problem/problem.ts"
import { isHttps, isLoopbackUrl } from "./loopback.ts"

const deadline_ms = 5_000
const max_answer_bytes = 512 * 1024
const max_in_flight = 32

export type ProviderAnswer = { readonly status: number; readonly text: string }

/** One request to the provider. Whatever keeps it from an answer is a provider that can't be reached. */
export type AskProvider = (url: string, init?: RequestInit) => Promise<ProviderAnswer>

export const awayProblem = (detail: string, cause?: unknown): Problem =>
  new Problem("oidc.unavailable", { detail, cause })

/** A provider that is elsewhere is asked with https alone, and leads to nothing on this machine. */
export const refuseInTheClear = (issuer: string, url: string): void => {
  if (isHttps(url) || (isLoopbackUrl(issuer) && isLoopbackUrl(url))) return
  throw awayProblem("The identity provider names an address without https.")
}

/** An answer without end is left where it becomes too much. */
const boundedText = async (response: Response): Promise<string> => {
  const reader = response.body?.getReader()
  if (!reader) return ""
  const decoder = new TextDecoder()
  let text = ""
  let size_bytes = 0
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    size_bytes += piece.value.byteLength
    if (size_bytes > max_answer_bytes) {
      await reader.cancel()
      throw new Error(`answered more than ${max_answer_bytes} bytes`)
    }
    text += decoder.decode(piece.value, { stream: true })
  }
  return text + decoder.decode()
}

/**
 * Asks with a deadline, for answers with a bound. A redirect is no answer: what is sent may hold the client's secret.
 */
export const providerAsker = (issuer: string): AskProvider => {
  let in_flight = 0
  return async (url, init = {}) => {
    refuseInTheClear(issuer, url)
    if (in_flight >= max_in_flight) {
      throw new Problem("platform.busy", { detail: "Too many sign-ins at once.", retry_after_s: 2 })
    }
    in_flight += 1
    try {
      const headers = { accept: "application/json", "accept-encoding": "identity", ...init.headers }
      const signal = AbortSignal.timeout(deadline_ms)
      const response = await fetch(url, { ...init, headers, redirect: "manual", signal })
      return { status: response.status, text: await boundedText(response) }
    } catch (cause) {
      throw awayProblem("The identity provider does not answer.", cause)
    } finally {
      in_flight -= 1
    }
  }
}

/** Undefined for what is no object of JSON. */
export const objectIn = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    return undefined
  }
}
