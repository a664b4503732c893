import { importJWK, type JWK } from "jose"
import { access_token } from "#kernel/auth/access-token.ts"
import { unseal } from "#kernel/auth/box.ts"
import type { PlatformKey } from "#kernel/auth/platform-key.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import type { Kit } from "#kernel/service/kit.ts"
import { makeKey } from "./make.ts"
import { rotateIn } from "./rotate.ts"

export type SigningKey = {
  readonly id: string
  readonly key: Exclude<Awaited<ReturnType<typeof importJWK>>, Uint8Array>
}

/** What is known of the keys now; it changes when they are read anew. */
export type Keys = {
  readonly signing: SigningKey
  /** The public keys, as a JWK set in JSON. */
  readonly jwks: string
  readonly secret: Uint8Array
  /** Reads what other instances have done meanwhile. */
  refresh(): Promise<void>
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
  if (known.length === 0) {
    const made = await makeKey(secret, kit)
    await database.tx((sql) => rotateIn(sql, made, { only_first: true }))
  }
  let read = await readOpened(database, secret)
  return {
    get signing() {
      return read.signing
    },
    get jwks() {
      return read.jwks
    },
    secret,
    async refresh() {
      read = await readOpened(database, secret)
    },
  }
}

type KeyRow = {
  readonly id: string
  readonly public_jwk: JWK
  readonly private_box: Uint8Array
  readonly signs: boolean
}

/** Those that verify; the first that signs by now is the one to sign with. */
const readKeys = (sql: Sql) => sql<KeyRow>`
  select id, public_jwk, private_box, signs_at <= now() as signs
  from iam.signing_key
  where ends_at is null or ends_at > now()
  order by signs_at desc, id desc`

const readOpened = async (database: Database, secret: Uint8Array) => {
  const rows = await database.run(readKeys)
  const current = rows.find(({ signs }) => signs)
  if (!current) throw new Error("There are signing keys, but none that signs by now.")
  const text = await unseal(secret, current.id, current.private_box)
  if (text === undefined) {
    throw new Error("The signing key can't be decrypted: this is not the key file that it was made with.")
  }
  const imported = await importJWK(JSON.parse(text) as JWK, access_token.algorithm)
  if (imported instanceof Uint8Array) throw new Error("The signing key is not an asymmetric one.")
  const jwks = JSON.stringify({ keys: rows.map((row) => row.public_jwk) })
  return { signing: { id: current.id, key: imported }, jwks }
}
