import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Origin } from "../audit/caller.ts"
import { type Doer, record } from "../audit/record.ts"
import type { Iam } from "../iam.ts"
import { beginSignIn, succeedSignIn } from "../throttle/sign-in.ts"
import type { Credentials } from "../user/credentials.ts"
import { createWorkspace } from "../workspace/create.ts"
import { addRefreshToken, grantOf, type Holder } from "./grant.ts"
import type { Grant } from "./shape.ts"

const unknown_origin: Origin = { device: "", address: undefined }

/** The answer, and the time it takes, are the same for a wrong password and an unknown address. */
export const login =
  (iam: Iam) =>
  async ({ email, password }: Credentials, origin: Origin = unknown_origin): Promise<Grant> => {
    const { database, kit, passwords } = iam
    const counters = await beginSignIn(database, { email, address: origin.address })
    const known = await database.run((sql) => readAccount(sql, email))
    const matches = await passwords.verify(password, known?.hash ?? undefined)
    if (!matches || !known) throw new Problem("auth.wrong_credentials")
    await succeedSignIn(database, counters)
    const { user_id, name } = known
    const session_id = kit.id()
    const doer = { kind: "user", user_id, email, grant_id: session_id, origin } as const
    const { place, refresh_token } = await database.tx(async (sql) => {
      const place =
        (await readPlace(sql, user_id)) ?? (await makePlace(sql, { id: kit.id(), user_id, name }, doer))
      await insertSession(sql, { id: session_id, user_id, workspace_id: place.workspace_id, ...origin })
      const refresh_token = await addRefreshToken(sql, session_id)
      const subject = { kind: "session", id: session_id, name: email }
      await record(sql, doer, { action: "user.signed_in", of: { account_id: user_id }, subject })
      return { place, refresh_token }
    })
    return grantOf(iam, { session_id, user_id, email, ...place }, refresh_token)
  }

type Account = { readonly user_id: string; readonly name: string; readonly hash: string | null }

const readAccount = async (sql: Sql, email: string): Promise<Account | undefined> => {
  const [row] = await sql<Account>`
    select user_account.id as user_id, name, hash
    from iam.user_account left join iam.password on password.user_id = user_account.id
    where email = ${email}`
  return row
}

type Place = Pick<Holder, "workspace_id" | "role" | "archived">

/** One signs in to the workspace one has been in for longest; to an archived one only if there is no other. */
const readPlace = async (sql: Sql, user_id: string): Promise<Place | undefined> => {
  const [row] = await sql<Place>`
    select workspace_id, role, archived_at is not null as archived
    from iam.member join iam.workspace on workspace.id = workspace_id
    where user_id = ${user_id}::text::uuid
    order by archived, member.created_at, workspace_id
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
