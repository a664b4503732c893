import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { readWorkflow } from "./read.ts"
import type { Workflow } from "./shape.ts"

/** A workflow as its latest version has it; another workspace's is not there. */
export const showWorkflow =
  (database: Database) =>
  async (actor: Actor, name: string): Promise<Workflow> => {
    allow(actor, "workflow.read")
    const found = await database.run((sql) => readWorkflow(sql, actor.workspace_id, name))
    if (!found) {
      throw new Problem("workflow.not_found", { detail: `There is no workflow ${name} in this workspace.` })
    }
    return found
  }
