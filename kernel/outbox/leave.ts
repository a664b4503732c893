import type { Database, Sql } from "#kernel/database/database.ts"
import type { Entry, Reader } from "./read.ts"

type Leaving = {
  readonly database: Database
  readonly reader: Reader
  readonly last: Entry
  /** Done with it, or neither: unless another has gone on in our place, who has done it then. */
  readonly beside: ((sql: Sql) => Promise<void>) | undefined
}

/** Leaves behind what was read, up to this one. */
export const leaveBehind = async ({ database, reader, last, beside }: Leaving): Promise<void> => {
  if (beside === undefined) {
    await database.run((sql) => reader.advance(sql, last))
    return
  }
  await database.tx(async (sql) => {
    if (await reader.advance(sql, last)) await beside(sql)
  })
}
