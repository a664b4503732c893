import type { Sql } from "#kernel/database/database.ts"
import { emit } from "#kernel/outbox/emit.ts"
import { chargeLimits } from "../queue/limit.ts"
import { recordEvents } from "../run/record.ts"
import { wakeUps } from "../task/ready.ts"
import { closeClaims, insertClaim } from "./save-claims.ts"
import { saveRuns } from "./save-runs.ts"
import { saveEnded, saveHanded, saveStopping, saveUnbegun } from "./save-tasks.ts"
import {
  dropBlocked,
  dropReady,
  insertDeadLetters,
  insertExpiries,
  insertTimers,
  saveBlocked,
  saveCounted,
  saveReleased,
} from "./save-waiting.ts"
import type { Step } from "./step.ts"

/**
 * Writes what a step has decided: one set-based statement for each kind of change that there is, sent without waiting
 * for the one before. The outbox comes last, so that its ids are drawn after all locks.
 */
export const save = async (sql: Sql, step: Step): Promise<void> => {
  const { decided, now } = step
  await Promise.all([
    saveEnded(sql, decided.ended),
    saveCounted(sql, [...decided.counted]),
    saveUnbegun(sql, [...decided.unbegun, ...decided.expired.map(({ task }) => task)]),
    dropReady(sql, decided.expired),
    dropBlocked(sql, decided.stopped),
    saveStopping(sql, decided.stopping),
    saveReleased(sql, decided.released),
    saveBlocked(sql, decided.blocked),
    saveHanded(sql, decided.handed, step.holder),
    insertClaim(sql, decided.claimed, step.holder),
    closeClaims(sql, decided.ended),
    chargeLimits(sql, decided.charged),
    insertTimers(sql, decided.ended),
    insertExpiries(sql, decided.expiring),
    insertDeadLetters(sql, [...decided.ended, ...decided.expired]),
    saveRuns(sql, step),
    recordEvents(sql, decided.events, now),
    emit(sql, [...wakeUps([...decided.released, ...decided.admitted]), ...decided.emissions]),
  ])
}
