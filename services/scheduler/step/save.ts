import type { Sql } from "#kernel/database/database.ts"
import { chargeLimits } from "../queue/limit.ts"
import { saveAttempts } from "./save-attempts.ts"
import { saveStory } from "./save-story.ts"
import { saveStopping, saveUnbegun, saveUncompleted } from "./save-tasks.ts"
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
 * for the one before. What every report has is in the last two.
 */
export const save = async (sql: Sql, step: Step): Promise<void> => {
  const { decided } = step
  const { ended, expired } = decided
  await Promise.all([
    saveUncompleted(sql, ended),
    saveCounted(sql, [...decided.counted]),
    saveUnbegun(sql, decided),
    dropReady(sql, expired),
    dropBlocked(sql, decided.stopped),
    saveStopping(sql, decided.stopping),
    saveReleased(sql, decided.released),
    saveBlocked(sql, decided.blocked),
    chargeLimits(sql, decided.charged),
    insertTimers(sql, ended),
    insertExpiries(sql, decided.expiring),
    insertDeadLetters(sql, [...ended, ...expired]),
    saveAttempts(sql, step),
    saveStory(sql, step),
  ])
}
