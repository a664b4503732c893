import type { Sql } from "#kernel/database/database.ts"
import { chargeLimits } from "../queue/limit.ts"
import { saveWaits } from "../wait/save.ts"
import type { PendingHold } from "./hold.ts"
import { hasReport, saveReport } from "./save-report.ts"
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

export type Way = { readonly hold: PendingHold; readonly last: Sql["last"] }

/**
 * Writes what a step has decided: one set-based statement for each kind of change that there is, sent without waiting
 * for the one before. What every report has is in the last one; where that is all, it holds what has to be held.
 */
export const save = async (sql: Sql, step: Step, { hold, last }: Way): Promise<void> => {
  const { decided } = step
  const { ended, expired } = decided
  const behind = <Row extends object>(...statement: Parameters<Sql>): Promise<readonly Row[]> => {
    hold.send()
    return sql<Row>(...statement)
  }
  const sending = Object.assign(behind, sql)
  const others = [
    saveUncompleted(sending, ended),
    saveCounted(sending, [...decided.counted]),
    saveUnbegun(sending, decided),
    dropReady(sending, expired),
    dropBlocked(sending, decided.stopped),
    saveStopping(sending, decided.stopping),
    saveReleased(sending, decided.released),
    saveBlocked(sending, decided.blocked),
    chargeLimits(sending, decided.charged),
    insertTimers(sending, ended),
    insertExpiries(sending, decided.expiring),
    insertDeadLetters(sending, [...ended, ...expired]),
    saveWaits(sending, step),
  ]
  const report = hasReport(step) ? saveReport(sql, step, { untold: hold.take(), last }) : undefined
  hold.send()
  await Promise.all([...others, report])
}
