import { seal } from "#kernel/auth/box.ts"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { systemKit } from "#kernel/service/kit.ts"
import type { Letter, Letters } from "./letter.ts"

const max_waiting = 10_000
const kit = systemKit()

/** Sent if, and after, the transaction commits; nobody waits for that, and nothing here depends on whose address it is. */
export const postLetter = async (sql: Sql, { secret, wake }: Letters, letter: Letter): Promise<void> => {
  const id = kit.id()
  const box = await seal(secret, id, JSON.stringify(letter))
  const posted = await insertLetter(sql, id, box)
  if (posted.length === 0) {
    throw new Problem("platform.busy", { detail: "Too much mail waits to be sent.", retry_after_s: 60 })
  }
  sql.afterCommit(wake)
}

const insertLetter = (sql: Sql, id: string, box: Uint8Array) =>
  sql`
    insert into iam.letter (id, box)
    select ${id}::text::uuid, ${box}::bytea
    where (select count(*) from (select from iam.letter limit ${max_waiting}::int) waiting) < ${max_waiting}::int
    returning id`
