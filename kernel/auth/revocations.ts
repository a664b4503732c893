import { Problem } from "#kernel/problem/problem.ts"
import type { Actor } from "./actor.ts"

/** Sessions, users and workspaces of which no token is to be believed by itself, since `cursor`. */
export type Revoked = { readonly cursor: string; readonly subjects: readonly string[] }

/** Whether identity has to be asked about what a token says. Throws when nothing has been heard of identity for long. */
export type Doubts = (actor: Actor) => Promise<boolean>

/** What is known is at most this old, and asked for anew in the background a little before. */
const max_age_ms = 500
const renew_ms = 300
/** How long a request waits for an answer, and how soon one that failed is asked for again. */
const max_wait_ms = 500
const retry_ms = 500
/** For so long one goes on with what is known while identity can't be reached. */
const max_silence_ms = 60_000
/** Longer than any access token is valid. */
const keep_ms = 16 * 60_000
const max_subjects = 50_000

const waited = (wait_ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, wait_ms)
  })

type Known = { cursor: string; at_ms: number; readonly until_ms: Map<string, number>; all_until_ms: number }

const learn = (known: Known, { cursor, subjects }: Revoked, now_ms: number): void => {
  known.cursor = cursor
  for (const subject of subjects) {
    known.until_ms.delete(subject)
    known.until_ms.set(subject, now_ms + keep_ms)
  }
  for (const [subject, until_ms] of known.until_ms) {
    if (until_ms > now_ms) break
    known.until_ms.delete(subject)
  }
  // More than there is room for: everybody is asked for, until the last of these can't matter any more.
  if (known.until_ms.size > max_subjects) {
    known.until_ms.clear()
    known.all_until_ms = now_ms + keep_ms
  }
}

/**
 * Follows what identity revokes, only while somebody asks: no timer, and nothing for who doesn't come with access tokens. What is
 * revoked isn't refused here but asked about, so a new role counts at once and who was let in again is.
 */
export const revocations = (
  list: (cursor: string) => Promise<Revoked>,
  clock = () => performance.now(),
): Doubts => {
  const known: Known = { cursor: "0", at_ms: -Infinity, until_ms: new Map(), all_until_ms: 0 }
  let asking: Promise<void> | undefined
  let failed_at_ms = -Infinity

  const ask = async (): Promise<void> => {
    const began_ms = clock()
    try {
      learn(known, await list(known.cursor), began_ms)
      known.at_ms = began_ms
    } catch {
      failed_at_ms = clock()
    } finally {
      asking = undefined
    }
  }

  const renew = (): Promise<void> | undefined => {
    if (!asking && clock() - failed_at_ms >= retry_ms) asking = ask()
    return asking
  }

  const heard = async (): Promise<void> => {
    const age_ms = clock() - known.at_ms
    if (age_ms < max_age_ms) {
      if (age_ms >= renew_ms) void renew()
      return
    }
    const answer = renew()
    if (answer) await Promise.race([answer, waited(max_wait_ms)])
    if (clock() - known.at_ms < max_silence_ms) return
    throw new Problem("platform.unavailable", {
      detail: "Whether this sign-in still holds can't be asked now.",
    })
  }

  return async ({ grant_id, user_id, workspace_id }) => {
    await heard()
    const { until_ms, all_until_ms } = known
    if (all_until_ms > clock()) return true
    return until_ms.size > 0 && [grant_id, user_id, workspace_id].some((subject) => until_ms.has(subject))
  }
}
