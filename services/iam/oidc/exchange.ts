import type { Problem } from "#kernel/problem/problem.ts"
import { type AskProvider, awayProblem, objectIn } from "./ask.ts"
import type { Claims } from "./claims.ts"
import type { Discovered } from "./discover.ts"
import { callback_path } from "./paths.ts"
import type { OidcSettings } from "./settings.ts"
import { notValid } from "./verify.ts"

/** A provider that has described itself, and what we are to it. */
export type Talk = {
  readonly ask: AskProvider
  readonly settings: OidcSettings
  readonly discovered: Discovered
}

export type Tokens = { readonly id_token: string; readonly access_token: string | undefined }

/** As forms write it, which RFC 6749 asks for before base64. */
const formText = (text: string): string => new URLSearchParams({ "": text }).toString().slice(1)

const credentialsFor = ({ settings, discovered }: Talk) => {
  const { client_id, client_secret } = settings
  if (client_secret === undefined) return { headers: {}, fields: { client_id } }
  if (discovered.token_endpoint_auth_methods_supported.includes("client_secret_basic")) {
    const basic = Buffer.from(`${formText(client_id)}:${formText(client_secret)}`).toString("base64")
    return { headers: { authorization: `Basic ${basic}` }, fields: {} }
  }
  return { headers: {}, fields: { client_id, client_secret } }
}

const textIn = (object: Claims | undefined, name: string): string | undefined => {
  const value = object?.[name]
  return typeof value === "string" ? value : undefined
}

/** A code that isn't taken is the caller's affair; whatever else is refused is between the provider and the settings. */
const refusalOf = (status: number, answer: Claims | undefined): Problem => {
  const error = (textIn(answer, "error") ?? "").replaceAll(/[^\w-]/g, "").slice(0, 40)
  if (status === 400 && error === "invalid_grant") {
    return notValid("The identity provider does not take its code, or not any more.")
  }
  return awayProblem(`The identity provider gives no token; it answers ${[status, error].join(" ").trim()}.`)
}

/** The tokens for a code; it works once, and only with the verifier that its challenge was made of. */
export const exchangeCode = async (talk: Talk, code: string, code_verifier: string): Promise<Tokens> => {
  const { headers, fields } = credentialsFor(talk)
  const redirect_uri = `${talk.settings.public_url}${callback_path}`
  const grant = { grant_type: "authorization_code", code, redirect_uri, code_verifier }
  const { status, text } = await talk.ask(talk.discovered.token_endpoint, {
    method: "POST",
    headers,
    body: new URLSearchParams({ ...fields, ...grant }),
  })
  const answer = objectIn(text)
  if (status !== 200) throw refusalOf(status, answer)
  const id_token = textIn(answer, "id_token")
  if (id_token === undefined) throw awayProblem("The identity provider gives no identity token.")
  return { id_token, access_token: textIn(answer, "access_token") }
}

/** What the provider says of the person when it is asked; of another than the token's it may say nothing. */
export const askClaims = async (
  { ask, discovered }: Talk,
  access_token: string,
  subject: unknown,
): Promise<Claims> => {
  const url = discovered.userinfo_endpoint
  if (url === undefined) return {}
  const { status, text } = await ask(url, { headers: { authorization: `Bearer ${access_token}` } })
  const claims = objectIn(text)
  if (status !== 200 || !claims) {
    throw awayProblem(`The identity provider says nothing of the person; it answers ${status}.`)
  }
  if (claims.sub !== subject) throw notValid("The identity provider speaks of somebody else.")
  return claims
}
