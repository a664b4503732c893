import type { Use, Uses } from "#kernel/auth/allowance.ts"
import { type Database, list } from "#kernel/database/database.ts"

/** Windows that are over are of no use to anybody. */
const kept_windows = 2
const max_removed = 1_000

/** Notes what an instance has let through, and answers what the others have, of the same principals. */
export const reportUse =
  (database: Database) =>
  ({ window, uses, instance }: Uses & { readonly instance: string }): Promise<readonly Use[]> => {
    if (uses.length === 0) return Promise.resolve([])
    // In one order, since several instances tell of the same principals.
    const told = [...uses].sort((one, other) => (one.principal < other.principal ? -1 : 1))
    const principals = list(told.map(({ principal }) => principal))
    return database.run(
      (sql) => sql<Use>`
        with noted as (
          insert into iam.request_use (slot, principal, instance, count)
          select ${window}::bigint, principal, ${instance}::text::uuid, count
          from unnest(${principals}::text::text[], ${list(told.map(({ count }) => count))}::text::int[])
            as given (principal, count)
          on conflict (slot, principal, instance) do update set count = greatest(request_use.count, excluded.count)
        ), removed as (
          delete from iam.request_use
          where ctid = any(array(
            select ctid from iam.request_use where slot < ${window}::bigint - ${kept_windows}::int
            limit ${max_removed}::int for update skip locked
          ))
        )
        select principal, sum(count)::int as count
        from iam.request_use
        where slot = ${window}::bigint and principal = any(${principals}::text::text[])
          and instance <> ${instance}::text::uuid
        group by principal`,
    )
  }
