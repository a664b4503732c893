import type { Sql } from "#kernel/database/database.ts"
import { tellWholes } from "../child/whole.ts"
import type { Engine } from "../engine.ts"
import { passGates } from "../gate/pass.ts"
import { type Attempt, attemptsOf, outputsFor } from "../task/attempt.ts"
import { announce } from "./announce.ts"
import { transactionOver } from "./postgres.ts"
import { openStep, type Step } from "./step.ts"
import type { Transaction } from "./transaction.ts"

/** What the work answers, and what the step gives to its worker. */
type Performed<Answer> = { readonly answer: Answer; readonly attempts: () => Promise<readonly Attempt[]> }

type Work<Answer> = (step: Step) => Promise<Answer>

/** One transaction's step: what the work decides is written at its end. */
export const performOn = async <Answer>(
  engine: Engine,
  transaction: Transaction,
  work: Work<Answer>,
): Promise<Performed<Answer>> => {
  const step = openStep(transaction.rows, engine.kit)
  const answer = await work(step)
  await passGates(engine, step)
  await tellWholes(engine, step)
  for (const run of step.runs.values()) run.revision += 1
  transaction.save(step)
  const outputs = await outputsFor(step)
  transaction.afterCommit(() => announce(engine, step))
  return { answer, attempts: () => attemptsOf(step, outputs) }
}

/** Within a transaction that has more to do. */
export const performIn = <Answer>(engine: Engine, sql: Sql, work: Work<Answer>): Promise<Performed<Answer>> =>
  performOn(engine, transactionOver(sql), work)

export const perform = <Answer>(engine: Engine, work: Work<Answer>): Promise<Performed<Answer>> =>
  engine.transact((transaction) => performOn(engine, transaction, work))
