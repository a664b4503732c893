import { randomBytes } from "node:crypto"
import { type Authenticate, authenticator } from "#kernel/auth/authenticate.ts"
import type { Role } from "#kernel/auth/permissions.ts"
import { platformKey } from "#kernel/auth/platform-key.ts"
import { remoteIdentity } from "#kernel/auth/remote-identity.ts"
import { serviceTokens } from "#kernel/auth/service-token.ts"
import type { Database } from "#kernel/database/database.ts"
import type { App } from "#kernel/http/app.ts"
import { caller } from "#kernel/rpc/client.ts"
import { inMemoryTransport } from "#kernel/rpc/server.ts"
import { type Kit, systemKit } from "#kernel/service/kit.ts"
import { migrationsOf } from "#kernel/service/migrations.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { createMetrics } from "#kernel/telemetry/metrics.ts"
import { testDatabase } from "#kernel/testing/database.ts"
import { IamService } from "#proto/generated/wf/iam/v1/iam_pb.ts"
import { iamHttp } from "./http.ts"
import type { Iam } from "./iam.ts"
import { openKeys } from "./key/keys.ts"
import type { Letters } from "./letter/letter.ts"
import { openOidc } from "./oidc/oidc.ts"
import type { OidcSettings } from "./oidc/settings.ts"
import { argonPasswords } from "./password/argon.ts"
import { iamRpc } from "./rpc.ts"

export type IamHouse = {
  readonly iam: Iam
  readonly app: App
  readonly authenticate: Authenticate
  readonly database: Database
  /** The same, with other settings for who signs in at a provider. */
  appWith(settings: OidcSettings): App
  close(): Promise<void>
}

type Json = Record<string, unknown>

export type Answer = { readonly status: number; readonly body: Json }

type Furniture = { readonly kit?: Kit; readonly letters?: Letters; readonly oidc?: OidcSettings }

export type Asking = { readonly body?: unknown; readonly token?: string; readonly workspace?: string }

export type Person = {
  readonly email: string
  readonly user_id: string
  readonly workspace_id: string
  readonly slug: string
  readonly token: string
  readonly refresh_token: string
}

const password = "correct horse battery"

const send =
  ({ app }: Pick<IamHouse, "app">) =>
  async (method: string, path: string, { body, token, workspace }: Asking = {}): Promise<Answer> => {
    const headers: Record<string, string> = { "content-type": "application/json" }
    if (token !== undefined) headers.authorization = `Bearer ${token}`
    if (workspace !== undefined) headers["wf-workspace"] = workspace
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
    const response = await app.request(`/api/v1/${path}`, init)
    const text = await response.text()
    return { status: response.status, body: text === "" ? {} : JSON.parse(text) }
  }

const eyeOf = (iam: Iam): Authenticate => {
  const tokens = serviceTokens("iam", given.key())
  const doors = { service: "iam", tokens, log: silentLog }
  const routes = iamRpc(iam, (credentials) => authenticate(credentials))
  const call = caller((_, outgoing) => inMemoryTransport(routes, doors, outgoing), tokens)
  const authenticate = authenticator(remoteIdentity(call("iam", IamService)))
  return authenticate
}

export const given = {
  password,

  send,

  /** Somebody new who has signed in, with a workspace of their own. */
  person: async (house: IamHouse, name = "Ada"): Promise<Person> => {
    const ask = send(house)
    const email = `${crypto.randomUUID()}@example.test`
    const { body } = await ask("POST", "auth/register", { body: { email, password, name } })
    const login = await ask("POST", "auth/login", { body: { email, password } })
    const { user, workspace } = body as { user: { id: string }; workspace: { id: string; slug: string } }
    const { access_token: token, refresh_token } = login.body as {
      access_token: string
      refresh_token: string
    }
    return { email, user_id: user.id, workspace_id: workspace.id, slug: workspace.slug, token, refresh_token }
  },

  /** Somebody new who was invited into the other's workspace and came. */
  member: async (house: IamHouse, host: Person, role: Role): Promise<Person> => {
    const ask = send(house)
    const guest = await given.person(house, "Guest")
    const path = `workspaces/${host.workspace_id}/invites`
    const invite = await ask("POST", path, { token: host.token, body: { email: guest.email, role } })
    const answer = await ask("POST", "invites/accept", {
      token: guest.token,
      body: { token: invite.body.token },
    })
    if (answer.status !== 200) throw new Error(`${role} could not join: ${JSON.stringify(answer.body)}`)
    return guest
  },

  /** A verifier that has asked nothing yet, as another service's. */
  secondEye: ({ iam }: Pick<IamHouse, "iam">): Authenticate => eyeOf(iam),

  key: () => platformKey(randomBytes(32).toString("base64")),

  database: () => {
    const migrations = migrationsOf(new URL("./migrations", import.meta.url).pathname)
    return testDatabase({ schema: "iam", migrations, max_sessions: 4 })
  },

  /** Identity as others meet it: its HTTP door, and a verifier that asks it over RPC. */
  house: async ({ kit = systemKit(), letters, oidc: settings }: Furniture = {}): Promise<IamHouse> => {
    const database = await given.database()
    const keys = await openKeys({ database, key: given.key(), kit })
    const oidc = openOidc(settings, given.key())
    const passwords = argonPasswords()
    const iam: Iam = { database, kit, keys, passwords, oidc, letters, public_url: undefined }
    const authenticate = eyeOf(iam)
    const doors = { service: "iam", authenticate, log: silentLog, metrics: createMetrics() }
    return {
      ...{ iam, authenticate, database, app: iamHttp(iam, doors) },
      appWith: (others) => iamHttp({ ...iam, oidc: openOidc(others, given.key()) }, doors),
      close: () => database.close(),
    }
  },
}
