import { json, list, type Sql } from "#kernel/database/database.ts"
import type { Kit } from "#kernel/service/kit.ts"
import type { Trigger } from "#language/schedule.ts"
import type { Listening } from "./listen.ts"
import type { HookTokens } from "./token.ts"

export type Declaring = {
  readonly workspace_id: string
  readonly workflow_id: string
  readonly triggers: readonly Trigger[]
  readonly kit: Kit
  readonly tokens: HookTokens
  readonly listening: Listening
}

type Known = { readonly id: string; readonly name: string; readonly type: string }

type Wanted = { readonly name: string; readonly trigger: Trigger }

/** Makes the triggers of a workflow what its newest version says. A webhook keeps its address for as long as its name is there. */
export const syncTriggers = async (sql: Sql, declaring: Declaring): Promise<void> => {
  const known = await lockTriggers(sql, declaring.workflow_id)
  const wanted = wantedOf(declaring.triggers)
  const isSame = (row: Known, { name, trigger }: Wanted) => row.name === name && row.type === trigger.type
  const leaving = known.filter((row) => !wanted.some((one) => isSame(row, one)))
  if (leaving.length > 0) {
    await sql`
      delete from workflow.trigger where id = any(${list(leaving.map(({ id }) => id))}::text::uuid[])`
  }
  for (const one of wanted) {
    const row = known.find((candidate) => isSame(candidate, one))
    if (row) await updateTrigger(sql, row.id, one)
    else await insertTrigger(sql, declaring, one)
  }
  const { kit, listening } = declaring
  const events = wanted.flatMap(eventOf)
  const since = kit.now()
  sql.afterCommit(() => listening.add(events, since))
}

/** The type of the event that it waits for; the database derives the same of its row. */
const eventOf = ({ trigger }: Wanted) => {
  if (trigger.type === "workflow") return ["workflow.completed" as const]
  return trigger.type === "event" ? [trigger.event] : []
}

/** Called by its place where it has no name; names begin with a letter. */
const wantedOf = (triggers: readonly Trigger[]): readonly Wanted[] =>
  triggers.map((trigger, index) => ({ name: trigger.name ?? String(index + 1), trigger }))

const lockTriggers = (sql: Sql, workflow_id: string) =>
  sql<Known>`
    select id, name, type from workflow.trigger
    where workflow_id = ${workflow_id}::text::uuid
    order by id
    for update`

/** Which ends of which workflow begin it. */
const upstreamOf = ({ trigger }: Wanted) =>
  trigger.type === "workflow"
    ? { upstream: trigger.workflow, statuses: list(trigger.status ?? ["completed"]) }
    : { upstream: null, statuses: null }

const updateTrigger = (sql: Sql, id: string, wanted: Wanted) => {
  const { upstream, statuses } = upstreamOf(wanted)
  return sql`
    update workflow.trigger
    set settings = ${json(wanted.trigger)}::text::json, upstream = ${upstream},
      statuses = ${statuses}::text::text[], updated_at = now()
    where id = ${id}::text::uuid`
}

const insertTrigger = async (
  sql: Sql,
  { workspace_id, workflow_id, kit, tokens }: Declaring,
  wanted: Wanted,
): Promise<void> => {
  const id = kit.id()
  const { upstream, statuses } = upstreamOf(wanted)
  const token = wanted.trigger.type === "webhook" ? await tokens.make(id) : undefined
  await sql`
    insert into workflow.trigger (id, workspace_id, workflow_id, name, type, settings, token_hash, token_box, upstream,
      statuses)
    values (${id}::text::uuid, ${workspace_id}::text::uuid, ${workflow_id}::text::uuid, ${wanted.name},
      ${wanted.trigger.type}, ${json(wanted.trigger)}::text::json, ${token?.hash ?? null}, ${token?.box ?? null},
      ${upstream}, ${statuses}::text::text[])`
}
