import type { Database } from "#kernel/database/database.ts"
import type { EventData } from "#kernel/events/envelope.ts"

type Recorded = EventData<"audit.recorded">

/** What a service has told the audit log of a workspace, oldest first. */
export const deedsIn = async (database: Database, workspace_id: string): Promise<readonly Recorded[]> => {
  const rows = await database.run((sql) =>
    sql.statement<{ events: readonly { readonly data: Recorded }[] }>(
      `select events from "${sql.schema}".outbox where topic = 'audit.recorded' order by id`,
      [],
    ),
  )
  return rows
    .flatMap(({ events }) => events.map(({ data }) => data))
    .filter(({ of }) => of.workspace_id === workspace_id)
}

/** Each as one line: who did what to what. */
export const linesOf = (deeds: readonly Recorded[]): readonly string[] =>
  deeds.map(({ actor, action, subject }) => `${actor.email} ${action} ${subject.name}`)
