import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { readVersion } from "../version/read.ts"
import { readWorkflow } from "./read.ts"
import type { ShownWorkflow } from "./shape.ts"

/** A workflow with its latest version; another workspace's is not there. */
export const showWorkflow =
  (database: Database) =>
  async (actor: Actor, name: string): Promise<ShownWorkflow> => {
    allow(actor, "workflow.read")
    const { workspace_id } = actor
    const shown = await database.run(async (sql) => {
      const workflow = await readWorkflow(sql, workspace_id, name)
      if (!workflow) return undefined
      const version = workflow.latest_version
      const latest = await readVersion(sql, { workspace_id, name, version })
      return latest && { ...workflow, latest }
    })
    if (!shown) {
      throw new Problem("workflow.not_found", { detail: `There is no workflow ${name} in this workspace.` })
    }
    return shown
  }
