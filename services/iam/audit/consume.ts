import type { Consumer } from "#kernel/bus/bus.ts"
import type { Database } from "#kernel/database/database.ts"
import { keepTold } from "./keep.ts"

const max_batch = 200

/** What people do in the other services is kept here with all else that they do. */
export const iamConsumers = (database: Database): readonly Consumer[] => [
  { group: "iam", topics: ["audit.recorded"], max_batch, database, handle: keepTold },
]
