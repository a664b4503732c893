import type { Sql } from "#kernel/database/database.ts"
import type { Engine } from "../engine.ts"
import { passGates } from "../gate/pass.ts"
import { type Attempt, attemptsOf } from "../task/attempt.ts"
import { announce } from "./announce.ts"
import { rowsOver } from "./postgres.ts"
import { save } from "./save.ts"
import { openStep, type Step } from "./step.ts"

/** What the work answers, and what the step gives to its worker. */
type Performed<Answer> = { readonly answer: Answer; readonly attempts: readonly Attempt[] }

/** One transaction's step: what the work decides is written at its end. */
export const performIn = async <Answer>(
  engine: Engine,
  sql: Sql,
  work: (step: Step) => Promise<Answer>,
): Promise<Performed<Answer>> => {
  const step = openStep(rowsOver(sql), engine.kit)
  const answer = await work(step)
  await passGates(engine, step)
  // Nobody waits for what is written: the commit is sent behind it, and its answer is that of all of them.
  save(sql, step).catch(() => undefined)
  const attempts = await attemptsOf(sql, step)
  sql.afterCommit(() => announce(engine, step))
  return { answer, attempts }
}

export const perform = <Answer>(
  engine: Engine,
  work: (step: Step) => Promise<Answer>,
): Promise<Performed<Answer>> => engine.hot.tx((sql) => performIn(engine, sql, work), { reads_first: true })
