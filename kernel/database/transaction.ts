import { setTimeout as wait } from "node:timers/promises"
import { Problem } from "#kernel/problem/problem.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import type { Sql, TxOptions, Value } from "./database.ts"
import { isPassing, SessionLost } from "./failure.ts"
import { insideTransaction, markInside } from "./inside.ts"
import type { SessionPool } from "./pool.ts"
import type { Session } from "./session.ts"
import { sqlOver } from "./statement.ts"

export type Surroundings = {
  readonly pool: SessionPool
  readonly schema: string
  /** The deadline that the sessions' own `transaction_timeout` was derived from. */
  readonly tx_ms: number
  readonly log: Log
  readonly random: () => number
}

/** The server gives up before we do, so that our deadline is only for one that answers nothing. */
export const serverTimeoutMs = (tx_ms: number): number => Math.ceil(tx_ms * 0.8)

export const unavailable = (lost: SessionLost): Problem =>
  new Problem("platform.unavailable", { detail: lost.message, retry_after_s: 1, cause: lost })

export const unknownOutcome = (lost: SessionLost): Problem =>
  new Problem("platform.unknown_outcome", { detail: lost.message, cause: lost })

export const refuseNesting = (): void => {
  if (insideTransaction()) throw new Error("A transaction was begun inside another: the pool may deadlock")
}

/** Commits are certain here; a callback that throws is a bug, but nothing is undone by it. */
export const runAfterCommit = (works: readonly (() => void)[], log: Log): void => {
  for (const work of works) {
    try {
      work()
    } catch (error) {
      log.error({ event: "database.after_commit_failed", error })
    }
  }
}

type Last = {
  readonly text: string
  readonly values: readonly Value[]
  readonly answer: PromiseWithResolvers<readonly object[]>
}

/** What the work did with its handle, and what became of it. */
const openHandle = (session: Session, schema: string, begin: string | undefined) => {
  const works: (() => void)[] = []
  const lost = Promise.withResolvers<never>()
  const state = { over: false, sent: begin === undefined, begun: begin === undefined, sealed: false }
  let failure: Error | undefined
  let last: Last | undefined

  // A failure is remembered, so nobody needs to await the statement for it to count.
  const guarded = <Answer>(send: () => Promise<Answer>): Promise<Answer> => {
    const refused = state.over
      ? new Error("A statement was sent after its transaction had ended")
      : (session.lost ?? failure)
    const answer = refused ? Promise.reject(refused) : send()
    answer.catch((error) => {
      if (!refused) failure ??= error
    })
    return answer
  }
  // Sent, not awaited: when it fails, nothing else of this transaction is sent.
  const send = <Answer>(statement: () => Promise<Answer>): Promise<Answer> => {
    if (!state.sent && begin !== undefined) {
      state.sent = true
      const begun = () => {
        state.begun = true
      }
      guarded(() => session.script(begin)).then(begun, () => undefined)
    }
    return guarded(statement)
  }

  session.watch((cause) => lost.reject(cause))
  if (session.lost) lost.reject(session.lost)
  lost.promise.catch(() => undefined)
  const sql: Sql = sqlOver({
    schema,
    execute: <Row extends object>(text: string, values: readonly Value[]) =>
      send(() => session.execute<Row>(text, values)),
    script: (text) => send(() => session.script(text)),
    last: <Row extends object>(text: string, values: readonly Value[]) => {
      if (last) throw new Error("A transaction has one last statement")
      last = { text, values, answer: Promise.withResolvers() }
      last.answer.promise.catch(() => undefined)
      return last.answer.promise as Promise<readonly Row[]>
    },
    afterCommit(work) {
      if (state.over) throw new Error("`afterCommit` was called after its transaction had ended")
      works.push(work)
    },
  })
  return {
    ...{ sql, works, state, lost: lost.promise },
    last: () => last,
    failure: () => failure,
    /** Lost before BEGIN was answered and COMMIT was sent: nothing has been done. */
    isUntouched: () => !state.begun && !state.sealed && session.lost !== undefined,
  }
}

type Handle = ReturnType<typeof openHandle>

/** No ROLLBACK is sent on a session that may not be whole; closing it rolls back as well. */
const rollBack = async (session: Session): Promise<void> => {
  if (session.lost) return
  await session.script("rollback").catch((error) => session.destroy(error))
}

const commit = async (session: Session, handle: Handle): Promise<void> => {
  let command: string
  handle.state.sealed = true
  try {
    command = (await session.script("commit")).command
  } catch (error) {
    throw error instanceof SessionLost ? unknownOutcome(error) : (handle.failure() ?? error)
  }
  if (command === "COMMIT") return
  throw handle.failure() ?? new Error(`COMMIT was answered with ${command}`)
}

/** What is sent last. Alone, it is a transaction by itself, and its answer is that of the commit. */
const sendLast = async (session: Session, handle: Handle, { text, values, answer }: Last): Promise<void> => {
  if (handle.state.sent) {
    handle.sql.statement(text, values).then(answer.resolve, answer.reject)
    return
  }
  handle.state.sealed = true
  try {
    answer.resolve(await session.execute(text, values))
  } catch (error) {
    answer.reject(error)
    throw error instanceof SessionLost ? unknownOutcome(error) : error
  }
}

const perform = async <Result>(
  session: Session,
  handle: Handle,
  work: (sql: Sql) => Promise<Result>,
): Promise<Result> => {
  let result: Result
  try {
    result = await Promise.race([markInside(() => work(handle.sql)), handle.lost])
    const swallowed = handle.failure()
    if (swallowed) throw swallowed
  } catch (error) {
    handle.state.over = true
    if (handle.state.sent) await rollBack(session)
    if (session.lost) throw unavailable(session.lost)
    throw isPassing(handle.failure()) ? handle.failure() : error
  }
  const last = handle.last()
  if (last) await sendLast(session, handle, last)
  handle.state.over = true
  if (handle.state.sent) await commit(session, handle)
  return result
}

// Inside a transaction PostgreSQL starts the clock only when it was off: without the 0 the usual timeout would stay.
const beginText = (tx_ms: number, usual_ms: number): string =>
  tx_ms === usual_ms
    ? "begin"
    : `begin; set local transaction_timeout = 0; set local transaction_timeout = ${serverTimeoutMs(tx_ms)}`

type Begun = { readonly session: Session; readonly deadline: ReturnType<typeof setTimeout> }

const lendFor = async (around: Surroundings, tx_ms: number): Promise<Begun> => {
  const session = await around.pool.lend()
  // Made only where it is needed: an error looks at the whole stack.
  const late = () => session.destroy(new Error(`The transaction was ended after ${tx_ms} ms`))
  return { session, deadline: setTimeout(late, tx_ms) }
}

const giveBack = (around: Surroundings, { session, deadline }: Begun): void => {
  clearTimeout(deadline)
  around.pool.takeBack(session)
}

/** A session that turns out to be lost before anything was done is simply replaced. */
const begin = async (around: Surroundings, tx_ms: number): Promise<Begun> => {
  const until = performance.now() + around.pool.wait_ms
  for (;;) {
    const begun = await lendFor(around, tx_ms)
    try {
      await begun.session.script(beginText(tx_ms, around.tx_ms))
      return begun
    } catch (error) {
      begun.session.destroy(error instanceof Error ? error : new Error(String(error)))
      giveBack(around, begun)
      if (!(error instanceof SessionLost)) throw error
      if (performance.now() > until) throw unavailable(error)
    }
  }
}

type Limits = { readonly tx_ms: number; readonly begins_late: boolean }

const once = async <Result>(
  around: Surroundings,
  work: (sql: Sql) => Promise<Result>,
  { tx_ms, begins_late }: Limits,
): Promise<Result> => {
  const begun = begins_late ? await lendFor(around, tx_ms) : await begin(around, tx_ms)
  const late = begins_late ? beginText(tx_ms, around.tx_ms) : undefined
  const handle = openHandle(begun.session, around.schema, late)
  let result: Result
  try {
    result = await perform(begun.session, handle, work)
  } catch (error) {
    if (begins_late && handle.isUntouched()) return once(around, work, { tx_ms, begins_late: false })
    throw error
  } finally {
    giveBack(around, begun)
  }
  runAfterCommit(handle.works, around.log)
  return result
}

const max_pause_ms = 20

/** Does the work again while it was certainly rolled back for a reason that passes. */
export const patiently = async <Result>(
  around: Surroundings,
  max_tries: number,
  work: () => Promise<Result>,
): Promise<Result> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (attempt >= max_tries || !isPassing(error)) throw error
      around.log.debug({ event: "database.transaction_retried", attempt, error })
      await wait(around.random() * max_pause_ms * 2 ** attempt)
    }
  }
}

export const transact = async <Result>(
  around: Surroundings,
  work: (sql: Sql) => Promise<Result>,
  { tx_ms = around.tx_ms, max_tries = 3, begins_late = false }: TxOptions = {},
): Promise<Result> => {
  refuseNesting()
  return patiently(around, max_tries, () => once(around, work, { tx_ms, begins_late }))
}
