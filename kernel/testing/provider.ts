import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from "jose"
import Provider from "oidc-provider"

export type ProviderPerson = {
  readonly email?: string
  readonly email_verified?: boolean
  readonly name?: string
  readonly groups?: readonly string[] | undefined
}

type Claims = Record<string, unknown>

/** Makes another identity token of a genuine one's claims; `sign` signs with the key that the provider publishes. */
export type Forge = (
  claims: Claims,
  sign: (claims: Claims, header?: Record<string, unknown>) => Promise<string>,
) => Promise<string>

export type Answering = (request: IncomingMessage, response: ServerResponse) => boolean

/** A provider of OpenID Connect on this machine, as it is in the field, and ways to make it lie. */
export type TestProvider = {
  readonly issuer: string
  readonly client_id: string
  readonly client_secret: string
  /** Who can sign in there, by their name there. Whoever isn't here has nothing but that name. */
  readonly people: Map<string, ProviderPerson>
  forge(forge: Forge | undefined): void
  /** Answers in its place from now on, where it says so; undefined takes it again. */
  answer(answering: Answering | undefined): void
  rotateKeys(): Promise<void>
  /** It sends browsers back to there from now on, and nowhere else. */
  register(redirect_uri: string): Promise<void>
  close(): Promise<void>
}

const client_id = "wf"
const client_secret = "a secret of thirty-two characters"
export const public_client_id = "wf-public"

const newKey = async (): Promise<JWK & { readonly kid: string }> => {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true })
  return { ...(await exportJWK(privateKey)), kid: crypto.randomUUID(), alg: "RS256", use: "sig" }
}

const configured = (key: JWK, people: TestProvider["people"], redirect_uri: string) => {
  const client = {
    redirect_uris: [redirect_uri],
    grant_types: ["authorization_code"],
    response_types: ["code" as const],
  }
  return {
    jwks: { keys: [key] },
    clients: [
      { ...client, client_id, client_secret },
      { ...client, client_id: public_client_id, token_endpoint_auth_method: "none" as const },
    ],
    claims: { openid: ["sub", "groups"], email: ["email", "email_verified"], profile: ["name"] },
    cookies: { keys: ["signs cookies"] },
    findAccount: (_: unknown, accountId: string) => ({
      accountId,
      claims: () => ({ sub: accountId, ...people.get(accountId) }) as { sub: string },
    }),
  }
}

export const startProvider = async (redirect_uri: string): Promise<TestProvider> => {
  const people: TestProvider["people"] = new Map()
  let registered = redirect_uri
  let forged: Forge | undefined
  let answering: Answering | undefined
  let handle: (request: IncomingMessage, response: ServerResponse) => unknown = () => undefined
  const server = createServer((request, response) => {
    if (!answering?.(request, response)) handle(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const place = server.address()
  if (place === null || typeof place === "string") throw new Error("The provider has no port")
  const issuer = `http://127.0.0.1:${place.port}`

  const begin = async (): Promise<void> => {
    const key = await newKey()
    const signing = await importJWK(key, "RS256")
    const provider = new Provider(issuer, configured(key, people, registered))
    provider.use(async (context, next) => {
      await next()
      const body = context.body as { id_token?: string } | undefined
      if (context.path !== "/token" || body?.id_token === undefined || !forged) return
      const claims = JSON.parse(Buffer.from(body.id_token.split(".")[1] ?? "", "base64url").toString())
      body.id_token = await forged(claims, (changed, header) =>
        new SignJWT(changed).setProtectedHeader({ alg: "RS256", kid: key.kid, ...header }).sign(signing),
      )
    })
    handle = provider.callback()
  }
  await begin()
  return {
    ...{ issuer, client_id, client_secret, people },
    forge: (forge) => {
      forged = forge
    },
    answer: (next) => {
      answering = next
    },
    rotateKeys: begin,
    register: (next) => {
      registered = next
      return begin()
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
