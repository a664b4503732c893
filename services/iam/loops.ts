import type { Database } from "#kernel/database/database.ts"
import { type Loop, loop } from "#kernel/service/loop.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import { cleanSignInCodes } from "./oidc/clean.ts"
import { cleanRevocations, cleanSessions } from "./session/clean.ts"

const clean_ms = 600_000

export const iamLoops = (database: Database, log: Log): readonly Loop[] => [
  loop({ name: "iam.clean", round: cleanSessions(database), idle_ms: clean_ms, log }),
  loop({ name: "iam.forget", round: cleanRevocations(database), idle_ms: clean_ms, log }),
  loop({ name: "iam.clean_codes", round: cleanSignInCodes(database), idle_ms: clean_ms, log }),
]
