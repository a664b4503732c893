import { exportJWK, generateKeyPair, type JWK } from "jose"
import { access_token } from "#kernel/auth/access-token.ts"
import { seal } from "#kernel/auth/box.ts"
import type { Kit } from "#kernel/service/kit.ts"

export type MadeKey = { readonly id: string; readonly public_jwk: JWK; readonly private_box: Uint8Array }

/** A new pair, whose private half is kept encrypted. */
export const makeKey = async (secret: Uint8Array, kit: Pick<Kit, "id">): Promise<MadeKey> => {
  const { algorithm } = access_token
  const pair = await generateKeyPair(algorithm, { extractable: true })
  const id = kit.id()
  const private_box = await seal(secret, id, JSON.stringify(await exportJWK(pair.privateKey)))
  const public_jwk = { ...(await exportJWK(pair.publicKey)), kid: id, alg: algorithm, use: "sig" }
  return { id, public_jwk, private_box }
}
