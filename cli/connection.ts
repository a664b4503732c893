import { type Client, createClient } from "#sdk/client.ts"
import type { Options } from "./command.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"
import type { Io } from "./io.ts"
import { settingsOf } from "./settings.ts"

export type Connection = { readonly url: string; readonly token: string | undefined; readonly client: Client }

/** `localhost:4400` parses too, as an address of the scheme `localhost`. */
export const isWebUrl = (text: string): boolean =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)

/** Undefined when nothing names a server. */
export const findConnection = (options: Options, io: Io): Connection | undefined => {
  const settings = settingsOf(options, io)
  const url = settings.url?.value
  if (url === undefined) return undefined
  if (!isWebUrl(url)) {
    throw new Failure(exit_codes.usage, `\`${url}\` is not a URL. Give one like http://127.0.0.1:4400.`)
  }
  const [token, workspace] = [settings.token?.value, settings.workspace?.value]
  const client = createClient({
    url,
    fetch: io.fetch,
    ...(token && { token }),
    ...(workspace && { workspace }),
  })
  return { url, token, client }
}

export const connect = (options: Options, io: Io): Client => connection(options, io).client

export const connection = (options: Options, io: Io): Connection => {
  const found = findConnection(options, io)
  if (found) return found
  throw new Failure(
    exit_codes.unreachable,
    "No platform is known here. Start one with `wf up`, or sign in to one with `wf login --url URL`.",
  )
}
