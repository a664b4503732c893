import type { Sql, TxOptions, Value } from "./database.ts"
import { SessionLost } from "./failure.ts"
import type { Session } from "./session.ts"
import { sqlOver } from "./statement.ts"
import {
  patiently,
  refuseNesting,
  runAfterCommit,
  type Surroundings,
  serverTimeoutMs,
  unavailable,
  unknownOutcome,
} from "./transaction.ts"

const onlyReads = /^\s*select\b/i

/** One statement on a session that is free, and the session's usual timeout left as it was found. */
const alone = async <Answer>(
  around: Surroundings,
  tx_ms: number,
  send: (session: Session) => Promise<Answer>,
): Promise<Answer> => {
  const session = await around.pool.lend()
  const late = () => session.destroy(new Error(`The statement was ended after ${tx_ms} ms`))
  const deadline = setTimeout(late, tx_ms)
  const unusual = tx_ms !== around.tx_ms
  try {
    if (unusual) await session.script(`set transaction_timeout = ${serverTimeoutMs(tx_ms)}`)
    return await send(session)
  } finally {
    if (unusual && !session.lost) {
      await session.script("reset transaction_timeout").catch((error) => session.destroy(error))
    }
    clearTimeout(deadline)
    around.pool.takeBack(session)
  }
}

/** Whether a lost session matters: what only reads has no outcome that could be unknown. */
const outcomeOf = (error: unknown, text: string): unknown => {
  if (!(error instanceof SessionLost)) return error
  return onlyReads.test(text) ? unavailable(error) : unknownOutcome(error)
}

export const runSingles = async <Result>(
  around: Surroundings,
  work: (sql: Sql) => Promise<Result>,
  { tx_ms = around.tx_ms, max_tries = 3 }: TxOptions = {},
): Promise<Result> => {
  refuseNesting()
  const works: (() => void)[] = []
  const underWay = new Set<Promise<unknown>>()
  let over = false

  const tracked = <Answer>(text: string, send: (session: Session) => Promise<Answer>): Promise<Answer> => {
    if (over) return Promise.reject(new Error("A statement was sent after its `run` had ended"))
    refuseNesting()
    const answer = patiently(around, max_tries, () => alone(around, tx_ms, send)).catch((error) => {
      throw outcomeOf(error, text)
    })
    underWay.add(answer)
    const forget = () => underWay.delete(answer)
    answer.then(forget, forget)
    return answer
  }

  const sql = sqlOver({
    schema: around.schema,
    execute: <Row extends object>(text: string, values: readonly Value[]) =>
      tracked(text, (session) => session.execute<Row>(text, values)),
    script: (text) => tracked(text, (session) => session.script(text)),
    last: <Row extends object>(text: string, values: readonly Value[]) =>
      tracked(text, (session) => session.execute<Row>(text, values)),
    afterCommit: (after) => works.push(after),
  })
  try {
    const result = await work(sql)
    // What the work did not wait for is waited for here, so that its failure isn't lost.
    await Promise.all(underWay)
    runAfterCommit(works, around.log)
    return result
  } finally {
    over = true
  }
}
