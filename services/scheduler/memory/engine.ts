import type { Database } from "#kernel/database/database.ts"
import { recent } from "#kernel/service/recent.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import {
  type Engine,
  max_beside,
  max_given_inputs,
  max_known_jobs,
  max_sessions,
  max_wholes,
} from "../engine.ts"
import { createTold } from "../fact/told.ts"
import { createLanes } from "../lane/lanes.ts"
import { createPlans } from "../plan/plans.ts"
import { createQueues } from "../queue/queues.ts"
import { createKnownRuns } from "../run/known.ts"
import { createPrecedence } from "../session/precedence.ts"
import { createSeats } from "../session/seats.ts"
import type { MemoryDatabase } from "./database.ts"
import type { Life } from "./life.ts"
import { transactionIn } from "./transaction.ts"

const unreachable = (): never => {
  throw new Error("There is no SQL in memory.")
}

const nowhere: Database = { schema: "none", tx: unreachable, run: unreachable, close: unreachable }

/** Workers here are small. */
const ample_room = 2

const deaf = { fire: () => undefined, next: () => Promise.resolve() }

type Ground = Pick<Engine, "kit"> & {
  readonly database: MemoryDatabase
  readonly life: Life
  readonly publish: Engine["feed"]["publish"]
}

/** An engine whose steps stand on rows in memory. */
export const createMemoryEngine = ({ database, life, kit, publish }: Ground): Engine => ({
  ...{ database: nowhere, hot: nowhere, log: silentLog, kit },
  transact: (work) => database.tx(life, (session) => work(transactionIn(session))),
  ...{ plans: createPlans(), lanes: createLanes(), queues: createQueues() },
  ...{
    known: createKnownRuns(),
    known_jobs: recent(max_known_jobs),
    sessions: recent(max_sessions),
    given_inputs: recent(max_given_inputs),
    seats: createSeats({ ample_room, wake: () => undefined }),
    precedence: createPrecedence({ max_beside, rests: 1, isBehind: () => false }),
    wholes: recent(max_wholes),
  },
  told: createTold(),
  feed: { publish, subscribe: unreachable, toldOf: unreachable, forgetAll: unreachable },
  ...{ ready: deaf, moved: deaf, stopped: deaf, due: deaf },
  measures: {
    created: () => undefined,
    runEnded: () => undefined,
    ended: () => undefined,
    waited: () => undefined,
  },
})
