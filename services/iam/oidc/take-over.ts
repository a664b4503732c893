import type { Origin } from "#kernel/audit/caller.ts"
import type { Role } from "#kernel/auth/permissions.ts"
import { list, type Sql } from "#kernel/database/database.ts"
import { emit } from "#kernel/outbox/emit.ts"
import { record } from "../audit/record.ts"
import { memberChanged } from "../member/changed.ts"
import { distrust } from "../session/revoke.ts"

export type TakeOver = {
  readonly user_id: string
  readonly email: string
  /** The slug of the workspace that people come into: who is in that one isn't for the account to say. */
  readonly workspace: string
  readonly origin: Origin
  readonly at: Date
}

/**
 * Whoever made an account with an address that wasn't shown to be theirs has let others into its workspaces, and brought it into theirs.
 * What it owned alone is its own alone from now on, and it is in no other.
 */
export const takeOverWorkspaces = async (sql: Sql, taking: TakeOver): Promise<void> => {
  const places = await lockPlaces(sql, taking)
  await withdrawInvites(sql, taking, places)
  const gone = await removeMembers(sql, taking, places)
  if (gone.length > 0) await distrust(sql, [...new Set(gone.map(({ user_id }) => user_id))])
  for (const member of gone) await tell(sql, taking, member)
}

type Place = { readonly workspace_id: string; readonly is_own: boolean }

/** In the order of their ids, so that no two who do this wait for each other. */
const lockPlaces = async (sql: Sql, { user_id, workspace }: TakeOver): Promise<readonly Place[]> => {
  await sql`
    select id from iam.workspace
    where slug <> ${workspace}
      and id in (select workspace_id from iam.member where user_id = ${user_id}::text::uuid)
    order by id
    for no key update`
  // Asked only now: what somebody was changing just before is seen.
  return sql<Place>`
    select workspace_id, role = 'owner' and not exists (
        select from iam.member other
        where other.workspace_id = member.workspace_id and other.user_id <> member.user_id and other.role = 'owner'
          and not exists (select from iam.service_account where service_account.user_id = other.user_id)
      ) as is_own
    from iam.member join iam.workspace on workspace.id = workspace_id
    where user_id = ${user_id}::text::uuid and slug <> ${workspace}`
}

const idsOf = (places: readonly Place[], is_own: boolean) =>
  list(places.filter((place) => place.is_own === is_own).map(({ workspace_id }) => workspace_id))

/** Before the members are: who accepts one just now is waited for here, and found among them. */
const withdrawInvites = async (sql: Sql, taking: TakeOver, places: readonly Place[]): Promise<void> => {
  const { user_id, email, origin } = taking
  const withdrawn = await sql<{ id: string; workspace_id: string; email: string }>`
    update iam.invite set revoked_at = now()
    where accepted_at is null and revoked_at is null and expires_at > now()
      and (invited_by = ${user_id}::text::uuid or workspace_id = any(${idsOf(places, true)}::text::uuid[]))
    returning id, workspace_id, email`
  const doer = { kind: "user", user_id, email, origin } as const
  for (const { id, workspace_id, email: name } of withdrawn) {
    const subject = { kind: "invite", id, name }
    await record(sql, doer, { action: "invite.revoked", of: { workspace_id }, subject, details })
  }
}

const details = { by: "link" }

type Gone = {
  readonly workspace_id: string
  readonly user_id: string
  readonly email: string
  readonly role: Role
  readonly is_program: boolean
}

/** Their tokens for it end with the membership, and service accounts do. */
const removeMembers = (sql: Sql, { user_id }: TakeOver, places: readonly Place[]) =>
  sql<Gone>`
    with gone as (
      delete from iam.member
      where (workspace_id = any(${idsOf(places, true)}::text::uuid[]) and user_id <> ${user_id}::text::uuid)
        or (workspace_id = any(${idsOf(places, false)}::text::uuid[]) and user_id = ${user_id}::text::uuid)
      returning workspace_id, user_id, role
    )
    select gone.workspace_id, gone.user_id, email, role, service_account.user_id is not null as is_program
    from gone join iam.user_account on user_account.id = gone.user_id
      left join iam.service_account on service_account.user_id = gone.user_id`

const tell = async (sql: Sql, { user_id, email, origin, at }: TakeOver, gone: Gone): Promise<void> => {
  const { is_program, workspace_id, role, ...who } = gone
  const doer = { kind: "user", user_id, email, origin } as const
  const kind = is_program ? "service_account" : "user"
  const action = is_program ? "service_account.deleted" : "member.removed"
  const subject = { kind, id: who.user_id, name: who.email }
  await record(sql, doer, { action, of: { workspace_id }, subject, details: { ...details, role } })
  await emit(sql, [memberChanged({ workspace_id, ...who, role: null }, at)])
}
