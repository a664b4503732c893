import { Problem, problemBody } from "#kernel/problem/problem.ts"
import type { Origin } from "../audit/caller.ts"
import type { Iam } from "../iam.ts"
import { admitPerson } from "./admit.ts"
import { type Attempt, openAttempt } from "./attempt.ts"
import { theOidc } from "./begin.ts"
import { notValid } from "./verify.ts"

/** What a browser has come back from the provider with. */
export type FinishSignIn = {
  readonly state: string
  readonly cookie: string
  readonly code: string | undefined
  readonly iss: string | undefined
  /** The provider's, in place of a code. */
  readonly error: string | undefined
}

const leadTo = ({ redirect_uri, program_state: state }: Attempt, outcome: Record<string, string>): string =>
  `${redirect_uri}?${new URLSearchParams({ ...outcome, state })}`

type Finishing = FinishSignIn & { readonly origin: Origin }

const codeFor = async (iam: Iam, attempt: Attempt, finishing: Finishing): Promise<string> => {
  const { provider } = theOidc(iam)
  const { state, code, iss, error, origin } = finishing
  await provider.checkIssuer(iss)
  if (code === undefined) {
    throw notValid(`The identity provider answers \`${(error ?? "nothing").replaceAll(/[^\w-]/g, "")}\`.`)
  }
  const { verifier, nonce, challenge } = attempt
  const person = await provider.vouch({ code, verifier, nonce })
  return admitPerson(iam)({ person, state, challenge, origin })
}

/**
 * Where the browser goes next: to the program that wanted the sign-in, which hears there what came of it. Only who
 * brings the cookie of the browser that it was begun in gets that far.
 */
export const finishSignIn =
  (iam: Iam) =>
  async (finish: FinishSignIn, origin: Origin): Promise<string> => {
    const { secret } = theOidc(iam)
    const { state, cookie } = finish
    const attempt = await openAttempt(secret, { state, cookie, now: iam.kit.now() })
    if (!attempt) throw notValid("This browser has begun no such sign-in, or too long ago.")
    try {
      return leadTo(attempt, { code: await codeFor(iam, attempt, { ...finish, origin }) })
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      const { code, detail, status, next } = problemBody(error)
      const told = { error: code, error_description: detail, error_status: String(status), error_next: next }
      return leadTo(attempt, told)
    }
  }
