import { createHash } from "node:crypto"
import { createClient } from "#sdk/client.ts"
import { isWebUrl } from "../connection.ts"
import type { Io } from "../io.ts"
import { settingsOf } from "../settings.ts"
import { nameCache } from "./cache.ts"
import type { LiveKind } from "./kinds.ts"
import { asks, type Named } from "./live.ts"
import type { Given } from "./place.ts"

/** Nobody who presses TAB waits for longer. */
const max_wait_ms = 500
/** Runs and their tasks change while one types; the rest seldom does. */
const fresh_ms = (kind: LiveKind): number => (kind === "run" || kind === "task" ? 2_000 : 15_000)
/** A platform that is away may have names that are still good. */
const max_age_ms = 86_400_000

/** The run or workflow that names of this kind belong to. */
const ownerOf = (kind: LiveKind, { positionals }: Given): string =>
  kind === "task" || kind === "artifact" || kind === "input" ? (positionals[0] ?? "") : ""

/** Names that the platform knows, or knew; none where it doesn't answer in time. Never asks, never fails. */
export const knownNames = async (kind: LiveKind, given: Given, io: Io): Promise<readonly Named[]> => {
  try {
    return await askedOrKept(kind, given, io)
  } catch {
    return []
  }
}

const askedOrKept = async (kind: LiveKind, given: Given, io: Io): Promise<readonly Named[]> => {
  const { url, token, workspace } = settingsOf(given.options, io, { is_quiet: true })
  if (url === undefined || !isWebUrl(url.value)) return []
  const of = ownerOf(kind, given)
  const words = [url.value, token?.value, workspace?.value, kind, of]
  const key = createHash("sha256").update(JSON.stringify(words)).digest("hex").slice(0, 32)
  const cache = nameCache(io.environment)
  const now_ms = io.now().getTime()
  const kept = cache.read(key)
  const age_ms = kept === undefined ? Number.POSITIVE_INFINITY : now_ms - kept.at_ms
  if (kept && age_ms >= 0 && age_ms < fresh_ms(kind)) return kept.names
  const limit = AbortSignal.timeout(max_wait_ms)
  const client = createClient({
    url: url.value,
    timeout_ms: max_wait_ms,
    ...(token && { token: token.value }),
    ...(workspace && { workspace: workspace.value }),
    fetch: (request) => io.fetch(new Request(request, { signal: limit })),
  })
  const late = new Promise<undefined>((resolve) => limit.addEventListener("abort", () => resolve(undefined)))
  const asked = asks[kind](client, of).catch(() => undefined)
  const found = await Promise.race([asked, late])
  const names = found ?? (age_ms < max_age_ms ? (kept?.names ?? []) : [])
  // Also where nobody answered: the next TAB shall not wait for the same.
  cache.write(key, { at_ms: now_ms, names })
  return names
}
