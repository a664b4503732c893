import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database } from "#kernel/database/database.ts"
import { type Page, type PageOf, pageOf } from "#kernel/http/page.ts"
import { hookOf, readHooks } from "./read.ts"
import type { Hook } from "./shape.ts"
import type { HookTokens } from "./token.ts"

export type Hooks = { readonly database: Database; readonly tokens: HookTokens }

/** With the addresses of webhooks, which are as good as a key: so only those see them who may write workflows. */
export const listHooks =
  ({ database, tokens }: Hooks) =>
  async (actor: Actor, wanted: Page & { readonly workflow?: string | undefined }): Promise<PageOf<Hook>> => {
    allow(actor, "hook.manage")
    const { limit, cursor, workflow } = wanted
    const [after_workflow, after_name] = cursor?.split("/") ?? []
    const after = after_workflow === undefined ? null : { workflow: after_workflow, name: after_name ?? "" }
    const filter = { workspace_id: actor.workspace_id, workflow: workflow ?? null, name: null, after }
    const rows = await database.run((sql) => readHooks(sql, { ...filter, limit: limit + 1 }))
    const hooks = await Promise.all(rows.map((row) => hookOf(tokens, row)))
    return pageOf(hooks, limit, (hook) => `${hook.workflow}/${hook.name}`)
  }
