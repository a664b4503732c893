import { randomBytes } from "node:crypto"
import { type Authenticate, authenticator } from "#kernel/auth/authenticate.ts"
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
import { argonPasswords } from "./password/argon.ts"
import { iamRpc } from "./rpc.ts"

export type IamHouse = {
  readonly iam: Iam
  readonly app: App
  readonly authenticate: Authenticate
  readonly database: Database
  close(): Promise<void>
}

export const given = {
  key: () => platformKey(randomBytes(32).toString("base64")),

  database: () => {
    const migrations = migrationsOf(new URL("./migrations", import.meta.url).pathname)
    return testDatabase({ schema: "iam", migrations, max_sessions: 4 })
  },

  /** Identity as others meet it: its HTTP door, and a verifier that asks it over RPC. */
  house: async (kit: Kit = systemKit()): Promise<IamHouse> => {
    const database = await given.database()
    const key = given.key()
    const keys = await openKeys({ database, key, kit })
    const iam: Iam = { database, kit, keys, passwords: argonPasswords() }
    const tokens = serviceTokens("iam", key)
    const doors = { service: "iam", tokens, log: silentLog }
    const call = caller((_, outgoing) => inMemoryTransport(iamRpc(iam), doors, outgoing), tokens)
    const authenticate = authenticator(remoteIdentity(call("iam", IamService)))
    const app = iamHttp(iam, { service: "iam", authenticate, log: silentLog, metrics: createMetrics() })
    return { iam, app, authenticate, database, close: () => database.close() }
  },
}
