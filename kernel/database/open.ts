import { systemKit } from "#kernel/service/kit.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import { parseAddress } from "./address.ts"
import type { Database } from "./database.ts"
import { sessionPool, type Usage } from "./pool.ts"
import { runSingles } from "./single.ts"
import { type Surroundings, serverTimeoutMs, transact } from "./transaction.ts"

export type PoolOptions = {
  /** `postgres://user:password@host:port/database`; `?host=` names the folder of a unix socket. */
  readonly url: string
  readonly application_name: string
  readonly log: Log
  readonly max_sessions?: number
  readonly max_waiting?: number
  readonly wait_ms?: number
  /** The usual deadline of a transaction. */
  readonly tx_ms?: number
  readonly connect_ms?: number
  /** How long closing waits for transactions under way. */
  readonly close_ms?: number
  /** For the few statements whose plans are known beforehand: none is made from the statistics of an empty table. */
  readonly hot?: boolean
  readonly random?: () => number
}

export type Pool = {
  /** The way of one service to its schema; closing it leaves the pool open for the others. */
  database(schema: string): Database
  usage(): Usage
  close(): Promise<void>
}

/**
 * Rows are looked up one by one, each by its key. There is no setting against walking through a whole table by an index
 * instead, so a look-up is said to cost next to nothing: then only a table of very few rows is walked through.
 */
const hotParameters = {
  plan_cache_mode: "force_generic_plan",
  enable_hashjoin: "off",
  enable_mergejoin: "off",
  enable_seqscan: "off",
  enable_bitmapscan: "off",
  random_page_cost: "0.01",
  cpu_operator_cost: "0.00001",
  jit: "off",
}

/** Sessions that several services may share. Opens none before the first statement. Needs PostgreSQL 17 or newer. */
export const openPool = (options: PoolOptions): Pool => {
  const { url, application_name, log, tx_ms = 10_000, random = systemKit().random } = options
  const pool = sessionPool({
    address: parseAddress(url),
    parameters: {
      application_name,
      transaction_timeout: String(serverTimeoutMs(tx_ms)),
      ...(options.hot ? hotParameters : {}),
    },
    connect_ms: options.connect_ms ?? 5_000,
    max_sessions: options.max_sessions ?? 10,
    max_waiting: options.max_waiting ?? 10_000,
    wait_ms: options.wait_ms ?? 5_000,
    close_ms: options.close_ms ?? 10_000,
    log,
    random,
  })
  return {
    database(schema) {
      const around: Surroundings = { pool, schema, tx_ms, log, random }
      return {
        schema,
        tx: (work, limits) => transact(around, work, limits),
        run: (work, limits) => runSingles(around, work, limits),
        close: () => Promise.resolve(),
      }
    },
    usage: pool.usage,
    close: pool.close,
  }
}

type DatabaseOptions = PoolOptions & { readonly schema: string }

/** One service's own pool and schema. */
export const openDatabase = ({ schema, ...options }: DatabaseOptions): Database => {
  const pool = openPool(options)
  return { ...pool.database(schema), close: pool.close }
}
