import type { Engine } from "../engine.ts"
import type { Attempt } from "../task/attempt.ts"
import { reportTasks } from "../task/report.ts"
import { readied } from "./attempt.ts"
import { rememberInputs } from "./inputs.ts"
import type { WorkAttempt } from "./shape.ts"

export const roomFor = (remote: number) => ({ process: 0, inline: 0, remote })

/** Makes of attempts what their worker is told; one that can't be made fails at once. */
export const giveWork = (engine: Engine) => {
  const report = reportTasks(engine)
  return async (session_id: string, attempts: readonly Attempt[]): Promise<WorkAttempt[]> => {
    const all = attempts.map((attempt) => readied(attempt, engine.kit.now()))
    const settlements = all.flatMap((one) => ("failed" in one ? [one.failed] : []))
    if (settlements.length > 0) await report({ session_id, settlements, room: roomFor(0) })
    const given = all.flatMap((one) => ("given" in one ? [one.given] : []))
    rememberInputs(engine, given)
    return given
  }
}
