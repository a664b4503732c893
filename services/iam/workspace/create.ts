import type { Role } from "#kernel/auth/permissions.ts"
import type { Sql } from "#kernel/database/database.ts"
import { insertMember } from "../member/insert.ts"
import { type Workspace, type WorkspaceRow, workspaceOf } from "./shape.ts"

export const first_slug = "default"

const max_slug_chars = 40
const tail_chars = 8

const slugOf = (name: string): string => {
  const plain = name
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
  return plain.slice(0, max_slug_chars).replaceAll(/^-|-$/g, "") || "workspace"
}

export type NewWorkspace = {
  readonly id: string
  readonly user_id: string
  readonly name: string
  /** The one that is wanted, and no other. */
  readonly slug?: string | undefined
}

/** The first workspace of all is `default`, whoever makes it; others are called after their owner. */
export const createWorkspace = async (sql: Sql, wanted: NewWorkspace): Promise<Workspace> => {
  const workspace = await claimSlug(sql, wanted)
  if (workspace) return workspace
  throw new Error(`no slug was free for workspace ${wanted.id}`)
}

/** Undefined when the slug that is wanted is taken. */
export const claimSlug = async (sql: Sql, wanted: NewWorkspace): Promise<Workspace | undefined> => {
  const slug = slugOf(wanted.name)
  const free = [first_slug, slug, `${slug}-${wanted.id.slice(-tail_chars)}`]
  for (const candidate of wanted.slug === undefined ? free : [wanted.slug]) {
    const row = await insertWorkspace(sql, wanted, candidate)
    if (!row) continue
    const role = "owner" satisfies Role
    await insertMember(sql, { workspace_id: wanted.id, user_id: wanted.user_id, role })
    return workspaceOf({ ...row, role })
  }
  return undefined
}

const insertWorkspace = async (sql: Sql, { id, name }: NewWorkspace, slug: string) => {
  const [row] = await sql<Omit<WorkspaceRow, "role">>`
    insert into iam.workspace (id, slug, name)
    values (${id}::text::uuid, ${slug}, ${slug === first_slug ? "Default" : name})
    on conflict (slug) do nothing
    returning id, slug, name, created_at, archived_at`
  return row
}
