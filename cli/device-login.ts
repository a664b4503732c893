import { setTimeout as wait } from "node:timers/promises"
import type { Client } from "#sdk/client.ts"
import { WfProblem, WfUnreachable } from "#sdk/problem.ts"
import { cleanLine } from "./clean.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"
import { type Io, styled } from "./io.ts"

type Identity = Client["identity"]

const second_ms = 1_000
/** What asking too soon adds, as RFC 8628 has it. */
const slower_ms = 5_000

/** Tokens for this machine, once its user has agreed in a browser, which may be on another one. */
export const deviceLogin = async (identity: Identity, io: Io): Promise<string> => {
  const { device_code, user_code, ...shown } = await identity.deviceCode()
  io.note(`Open ${cleanLine(shown.verification_uri_complete)}`)
  io.note(`and sign in there. It asks about the code ${styled(io, "bold", cleanLine(user_code))}.`)
  io.note("Waiting …")
  const until_ms = io.now().getTime() + shown.expires_in * second_ms
  let pause_ms = shown.interval * second_ms
  while (io.now().getTime() < until_ms) {
    await wait(pause_ms, undefined, { signal: io.signal })
    const answer = await ask(identity, device_code)
    if (typeof answer === "string") return answer
    if (answer.too_soon) pause_ms += slower_ms
  }
  throw new Failure(exit_codes.timed_out, "Nobody has agreed in time. `wf login` begins anew.")
}

const ask = async (
  identity: Identity,
  device_code: string,
): Promise<string | { readonly too_soon: boolean }> => {
  try {
    return (await identity.deviceLogin(device_code)).access_token
  } catch (error) {
    // A platform that starts anew remembers who waits.
    if (error instanceof WfUnreachable) return { too_soon: true }
    const code = error instanceof WfProblem ? error.code : ""
    if (code !== "device.pending" && code !== "device.slow_down") throw error
    return { too_soon: code === "device.slow_down" }
  }
}
