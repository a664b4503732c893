import { createHash, randomBytes } from "node:crypto"
import type { Client } from "#sdk/client.ts"
import { WfProblem } from "#sdk/problem.ts"
import { isWebUrl } from "./connection.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"
import type { Io } from "./io.ts"
import { openBrowser } from "./open-browser.ts"
import { awaitAnswer } from "./sso-answer.ts"

/** As long as the platform waits for somebody to sign in at the provider. */
const patience_ms = 600_000
const secret_bytes = 32
/** What is refused without a reason is refused. */
const unknown_status = 403

const newSecret = (): string => randomBytes(secret_bytes).toString("base64url")

const challengeOf = (verifier: string): string => createHash("sha256").update(verifier).digest("base64url")

/** An access token of somebody who has signed in with their browser, at the platform's identity provider. */
export const ssoLogin = async (identity: Client["identity"], io: Io): Promise<string> => {
  const { start_url } = await identity.oidcProvider()
  if (!isWebUrl(start_url)) throw new Failure(exit_codes.failed, "The platform names no page to sign in at.")
  const [verifier, state] = [newSecret(), newSecret()]
  const answer = await awaitAnswer(state)
  try {
    const page = new URL(start_url)
    const asked = { redirect_uri: answer.redirect_uri, code_challenge: challengeOf(verifier), state }
    for (const [name, value] of Object.entries(asked)) page.searchParams.set(name, value)
    io.note(`Sign in with your browser, on this machine:\n  ${page.href}`)
    openBrowser(page.href, io)
    const code = codeIn(await inTime(answer.heard, io))
    return (await identity.redeemOidc({ code, code_verifier: verifier })).access_token
  } finally {
    answer.close()
  }
}

/** Who presses Ctrl-C, or has gone away, is not waited for. */
const inTime = <Value>(heard: Promise<Value>, { signal }: Pick<Io, "signal">): Promise<Value> => {
  const { promise, reject } = Promise.withResolvers<never>()
  const endAt = (end: AbortSignal, failure: Failure): void => {
    if (end.aborted) reject(failure)
    else end.addEventListener("abort", () => reject(failure), { once: true })
  }
  endAt(signal, new Failure(exit_codes.interrupted, "Not signed in."))
  const late = "Nobody has signed in for ten minutes. `wf login --sso` begins anew."
  endAt(AbortSignal.timeout(patience_ms), new Failure(exit_codes.timed_out, late))
  return Promise.race([heard, promise])
}

const codeIn = (said: URLSearchParams): string => {
  const code = said.get("code")
  if (code !== null) return code
  throw new WfProblem({
    status: Number(said.get("error_status") ?? 0) || unknown_status,
    code: said.get("error") ?? "unknown",
    detail: said.get("error_description") ?? "The platform doesn't say why.",
    next: said.get("error_next") ?? "",
  })
}
