import { exportJWK, generateKeyPair, importJWK, type JWK } from "jose"
import { access_token } from "#kernel/auth/access-token.ts"
import { seal, unseal } from "#kernel/auth/box.ts"
import type { PlatformKey } from "#kernel/auth/platform-key.ts"
import { type Database, json, type Sql } from "#kernel/database/database.ts"
import type { Kit } from "#kernel/service/kit.ts"

export type SigningKey = {
  readonly id: string
  readonly key: Exclude<Awaited<ReturnType<typeof importJWK>>, Uint8Array>
}

export type Keys = {
  readonly signing: SigningKey
  /** The public keys, as a JWK set in JSON. */
  readonly jwks: string
}

export type KeysOptions = {
  readonly database: Database
  readonly key: PlatformKey
  readonly kit: Kit
}

const purpose = "iam.signing-key"

/** The keys there are; the first start of all makes one, and starts at the same time agree on it. */
export const openKeys = async ({ database, key, kit }: KeysOptions): Promise<Keys> => {
  const secret = key.derive(purpose)
  const known = await database.run(readKeys)
  const rows = known.length > 0 ? known : await makeKey(database, secret, kit)
  const current = rows.find((row) => row.current)
  if (!current) throw new Error("There are signing keys, but none is current.")
  const text = await unseal(secret, current.id, current.private_box)
  if (text === undefined) {
    throw new Error("The signing key can't be decrypted: this is not the key file that it was made with.")
  }
  const imported = await importJWK(JSON.parse(text) as JWK, access_token.algorithm)
  if (imported instanceof Uint8Array) throw new Error("The signing key is not an asymmetric one.")
  const jwks = JSON.stringify({ keys: rows.map((row) => row.public_jwk) })
  return { signing: { id: current.id, key: imported }, jwks }
}

type KeyRow = {
  readonly id: string
  readonly public_jwk: JWK
  readonly private_box: Uint8Array
  readonly current: boolean
}

const readKeys = (sql: Sql) => sql<KeyRow>`
  select id, public_jwk, private_box, current from iam.signing_key order by created_at desc, id`

const makeKey = async (database: Database, secret: Uint8Array, kit: Kit) => {
  const { algorithm } = access_token
  const pair = await generateKeyPair(algorithm, { extractable: true })
  const id = kit.id()
  const box = await seal(secret, id, JSON.stringify(await exportJWK(pair.privateKey)))
  const public_jwk = { ...(await exportJWK(pair.publicKey)), kid: id, alg: algorithm, use: "sig" }
  return database.run(async (sql) => {
    await sql`
      insert into iam.signing_key (id, public_jwk, private_box, current)
      values (${id}, ${json(public_jwk)}::text::json, ${box}, true)
      on conflict (current) where current do nothing`
    return readKeys(sql)
  })
}
