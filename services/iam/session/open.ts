import type { Origin } from "#kernel/audit/caller.ts"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Kit } from "#kernel/service/kit.ts"
import { refuseSuspendedAccount } from "../account/refuse.ts"
import { type Doer, record } from "../audit/record.ts"
import { createWorkspace } from "../workspace/create.ts"
import { endOldest } from "./bound.ts"
import { addRefreshToken, type Holder } from "./grant.ts"

export type Person = { readonly user_id: string; readonly email: string; readonly name: string }

export type Opened = { readonly holder: Holder; readonly refresh_token: string }

/** A session of somebody who has shown who they are. */
export const openSession = async (
  sql: Sql,
  kit: Kit,
  { user_id, email, name, origin }: Person & { readonly origin: Origin },
): Promise<Opened> => {
  await refuseSuspendedAccount(sql, user_id)
  const session_id = kit.id()
  const doer = { kind: "user", user_id, email, grant_id: session_id, origin } as const
  const known = await readPlace(sql, user_id)
  if (known?.suspended) throw new Problem("member.suspended")
  const place = known ?? (await makePlace(sql, { id: kit.id(), user_id, name }, doer))
  await insertSession(sql, { id: session_id, user_id, workspace_id: place.workspace_id, ...origin })
  const refresh_token = await addRefreshToken(sql, session_id)
  await endOldest(sql, { doer, at: kit.now() })
  const subject = { kind: "session", id: session_id, name: email }
  await record(sql, doer, { action: "user.signed_in", of: { account_id: user_id }, subject })
  return { holder: { session_id, user_id, email, ...place }, refresh_token }
}

type Place = Pick<Holder, "workspace_id" | "role" | "archived">

/**
 * One signs in to the workspace one has been in for longest; to an archived one only if there is no other. Who is suspended
 * everywhere gets no place of their own: they are kept out, and not away.
 */
const readPlace = async (sql: Sql, user_id: string) => {
  const [row] = await sql<Place & { suspended: boolean }>`
    select workspace_id, role, archived_at is not null as archived, suspended_at is not null as suspended
    from iam.member join iam.workspace on workspace.id = workspace_id
    where user_id = ${user_id}::text::uuid
    order by suspended, archived, member.created_at, workspace_id
    limit 1`
  return row
}

/** Who was removed everywhere has a place of their own again, from where they may accept another invitation. */
const makePlace = async (
  sql: Sql,
  wanted: { readonly id: string; readonly user_id: string; readonly name: string },
  doer: Doer,
): Promise<Place> => {
  const { id: workspace_id, role, slug } = await createWorkspace(sql, wanted)
  const subject = { kind: "workspace", id: workspace_id, name: slug }
  await record(sql, doer, { action: "workspace.created", of: { workspace_id }, subject })
  return { workspace_id, role, archived: false }
}

type NewSession = Origin & { readonly id: string; readonly user_id: string; readonly workspace_id: string }

const insertSession = (sql: Sql, { id, user_id, workspace_id, device, address }: NewSession) =>
  sql`
    insert into iam.session (id, user_id, workspace_id, device, address)
    values (${id}::text::uuid, ${user_id}::text::uuid, ${workspace_id}::text::uuid, ${device}, ${address ?? null})`
