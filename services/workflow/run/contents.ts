import { list, type Sql } from "#kernel/database/database.ts"
import { createKept } from "#kernel/service/kept.ts"
import { refusalOf } from "#language/constructs.ts"
import type { Plan } from "#language/plan.ts"
import type { Definition } from "#language/schema.ts"
import { type Subworkflow, subworkflowsOf } from "#language/subworkflows.ts"
import type { Resolved } from "./resolve.ts"

/** What a start needs of a version. It never changes, so it is kept in memory. */
export type Content = {
  readonly inputs?: Definition["inputs"]
  readonly plan: string
  /** Why this version of the platform can't run it. */
  readonly refusal?: string
  readonly reads_trigger?: true
  /** The workflows that its tasks run. */
  readonly parts?: readonly Subworkflow[]
}

export type Contents = {
  /** Loads those that aren't in memory, all at once. Answers in order; undefined where there is no such version. */
  load(sql: Sql, versions: readonly (Resolved | undefined)[]): Promise<readonly (Content | undefined)[]>
}

const keeping = { of: ({ plan }: Content) => plan.length, max: 200, max_size: 32 * 1024 * 1024 }

type VersionKey = Pick<Resolved, "workflow_id" | "version">

const keyOf = ({ workflow_id, version }: VersionKey): string => `${workflow_id} ${version}`

export const createContents = (): Contents => {
  const kept = createKept(keeping)
  return {
    async load(sql, versions) {
      const loaded = new Map<string, Content>()
      const missing = new Map<string, Resolved>()
      for (const version of versions) {
        if (!version) continue
        const known = kept.get(keyOf(version))
        if (known) loaded.set(keyOf(version), known)
        else missing.set(keyOf(version), version)
      }
      const found = missing.size === 0 ? [] : await findContents(sql, [...missing.values()])
      for (const { inputs, plan, constructs, ...version } of found) {
        const refusal = refusalOf(constructs)
        const parts = plan.includes('"for":"workflow"') ? subworkflowsOf(JSON.parse(plan) as Plan) : []
        const content = {
          ...{ ...(inputs && { inputs }), plan, ...(refusal !== undefined && { refusal }) },
          ...(parts.length > 0 && { parts }),
          ...(asksTrigger(plan, constructs) && { reads_trigger: true as const }),
        }
        loaded.set(keyOf(version), content)
        kept.keep(keyOf(version), content)
      }
      return versions.map((version) => version && loaded.get(keyOf(version)))
    },
  }
}

/** Plans are read only where that can't be avoided. */
const asksTrigger = (plan: string, constructs: readonly string[] | null): boolean =>
  plan.includes('"reads_trigger":true') || constructs?.includes("trigger") === true

type ContentRow = VersionKey & {
  readonly inputs: Definition["inputs"] | null
  readonly plan: string
  readonly constructs: readonly string[] | null
}

const findContents = (sql: Sql, versions: readonly Resolved[]) =>
  sql<ContentRow>`
    select workflow_id, version, definition -> 'inputs' as inputs, plan::text as plan,
      plan -> 'constructs' as constructs
    from unnest(
      ${list(versions.map(({ workflow_id }) => workflow_id))}::text::uuid[],
      ${list(versions.map(({ version }) => version))}::text::int[]
    ) as wanted (workflow_id, version)
      join workflow.version using (workflow_id, version)`
