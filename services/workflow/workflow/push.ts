import type { Caller } from "#kernel/audit/caller.ts"
import { type Deed, record } from "#kernel/audit/record.ts"
import { allow } from "#kernel/auth/actor.ts"
import { json, type Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Kit } from "#kernel/service/kit.ts"
import type { Bundle } from "#language/bundle.ts"
import { digest } from "#language/canonical.ts"
import { compile, type Plan } from "#language/plan.ts"
import type { Definition } from "#language/schema.ts"
import { subworkflowsOf } from "#language/subworkflows.ts"
import { type Bundles, claimBundle, keepBundle } from "../bundle/keep.ts"
import { readBundle } from "../bundle/read.ts"
import type { SentFile } from "../bundle/shape.ts"
import { soundDefinition } from "../definition/read.ts"
import type { Written } from "../definition/shape.ts"
import { createContents } from "../run/contents.ts"
import { pinParts } from "../run/parts.ts"
import { syncSchedules } from "../schedule/sync.ts"
import type { Listening } from "../trigger/listen.ts"
import { syncTriggers } from "../trigger/sync.ts"
import type { HookTokens } from "../trigger/token.ts"
import { readVersion } from "../version/read.ts"
import type { Version } from "../version/shape.ts"
import { alignDue } from "./archive.ts"

export type Pushing = Bundles & {
  readonly kit: Kit
  readonly tokens: HookTokens
  readonly listening: Listening
}

/** Makes a version if the definition means something else than the latest one; else answers with that. */
export const pushWorkflow =
  ({ database, blob, kit, tokens, listening }: Pushing) =>
  async (actor: Caller, written: Written, sent: readonly SentFile[] = []): Promise<Version> => {
    allow(actor, "workflow.write")
    const definition = soundDefinition(written)
    const { name } = definition
    const { workspace_id } = actor
    const bundle = await readBundle(definition, sent)
    const plan = compile(definition, bundle?.digest)
    const content = { digest: await digest(definition, bundle?.digest), definition, plan, bundle }
    if (bundle) await keepBundle({ database, blob })(workspace_id, bundle)
    return database.tx(async (sql) => {
      const locked = await lockWorkflow(sql, { id: kit.id(), workspace_id, name })
      const created = locked.latest_digest !== content.digest
      const own = { workspace_id, name, created_by: actor.user_id, id: kit.id }
      const deeds = created ? await addVersion(sql, { ...content, ...own, locked }) : []
      const triggers = definition.triggers ?? []
      // Also of an unchanged one: an earlier wf kept its triggers without beginning anything by them.
      if (created || triggers.length > 0) {
        await syncTriggers(sql, { workspace_id, workflow_id: locked.id, triggers, kit, tokens, listening })
      }
      const version = await readVersion(sql, { workspace_id, name, version: null })
      if (!version) throw new Error(`workflow ${name} has no latest version`)
      await record(sql, actor, deeds)
      return { ...version, created }
    })
  }

type Adding = Omit<NewVersion, keyof LockedWorkflow> & {
  readonly workspace_id: string
  readonly name: string
  readonly definition: Definition
  readonly plan: Plan
  readonly id: () => string
  readonly locked: LockedWorkflow
}

/** Answers what was done. */
const addVersion = async (sql: Sql, { locked, id, ...adding }: Adding): Promise<readonly Deed[]> => {
  const { workspace_id, name, created_by, definition, plan, bundle } = adding
  if (bundle) await claimBundle(sql, { workspace_id, digest: bundle.digest })
  await insertVersion(sql, { ...adding, ...locked })
  const version = locked.latest_version + 1
  await refuseCircles(sql, { workspace_id, workflow: name, version, plan })
  const own = { workspace_id, workflow_id: locked.id, workflow: name }
  const scheduled = await syncSchedules(sql, {
    ...own,
    schedules: definition.schedule ?? [],
    created_by,
    id,
  })
  // A new version brings an archived workflow back.
  if (locked.archived) await alignDue(sql, locked.id, false)
  const details = { version, restored: locked.archived }
  return [
    { action: "workflow.pushed", subject: { kind: "workflow", id: locked.id, name }, details },
    ...scheduled,
  ]
}

type Pushed = {
  readonly workspace_id: string
  readonly workflow: string
  readonly version: number
  readonly plan: Plan
}

/** As far as it is known by now. What isn't there yet may be pushed later, so it is no reason. */
const refuseCircles = async (sql: Sql, { plan, ...pushed }: Pushed): Promise<void> => {
  const parts = subworkflowsOf(plan)
  if (parts.length === 0) return
  const content = { plan: JSON.stringify(plan), parts }
  // What is read here may be rolled back, so it isn't kept.
  const pinned = await pinParts(sql, createContents(), { ...pushed, content })
  if (pinned instanceof Problem && pinned.code === "workflow.cycle") throw pinned
}

type Named = { readonly id: string; readonly workspace_id: string; readonly name: string }

type LockedWorkflow = {
  readonly id: string
  readonly latest_version: number
  readonly latest_digest: string | null
  readonly archived: boolean
}

/** Pushes of one name wait for each other here; an update of nothing locks the row that is there. */
const lockWorkflow = async (sql: Sql, { id, workspace_id, name }: Named): Promise<LockedWorkflow> => {
  const [row] = await sql<LockedWorkflow>`
    insert into workflow.workflow as known (id, workspace_id, name)
    values (${id}::text::uuid, ${workspace_id}::text::uuid, ${name})
    on conflict (workspace_id, name) do update set name = known.name
    returning id, latest_version, latest_digest, archived_at is not null as archived`
  if (!row) throw new Error("an upsert returned no row")
  return row
}

type NewVersion = LockedWorkflow & {
  readonly digest: string
  readonly definition: object
  readonly plan: object
  readonly bundle: Bundle | undefined
  readonly created_by: string
}

const insertVersion = (sql: Sql, { id, latest_version, ...content }: NewVersion) =>
  sql`
    with made as (
      insert into workflow.version (workflow_id, version, digest, definition, plan, files, created_by)
      values (${id}::text::uuid, ${latest_version + 1}::int, ${content.digest},
        ${json(content.definition)}::text::json, ${json(content.plan)}::text::json,
        ${content.bundle ? json(content.bundle.files) : null}::text::json, ${content.created_by}::text::uuid)
      returning version
    )
    update workflow.workflow
    set latest_version = made.version, latest_digest = ${content.digest}, updated_at = now(), archived_at = null
    from made
    where id = ${id}::text::uuid`
