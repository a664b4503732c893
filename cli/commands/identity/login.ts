import { hostname } from "node:os"
import { profileFile } from "#kernel/config/profiles.ts"
import { createClient } from "#sdk/client.ts"
import { cleanLine } from "../../clean.ts"
import { flag, type Given, text } from "../../command.ts"
import { isWebUrl } from "../../connection.ts"
import { deviceLogin } from "../../device-login.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import type { Io } from "../../io.ts"
import { keychain } from "../../keychain.ts"
import { readPassword } from "../../password.ts"
import { ssoLogin } from "../../sso-login.ts"

/** The secret comes from stdin, never from the command line, where others could read it. */
export const run = async ({ options }: Given, io: Io): Promise<number> => {
  const file = profileFile(io.environment)
  const all = file.read()
  const { current, profiles } = all
  const url = text(options, "url") ?? io.environment.WF_URL ?? profiles[current ?? ""]?.url
  if (url === undefined || !isWebUrl(url)) {
    throw new Failure(
      exit_codes.usage,
      "Which platform? Name it: `wf login --url https://wf.example.com --with-token < token`.",
    )
  }
  const name = text(options, "name") ?? new URL(url).host
  const in_keychain = flag(options, "keychain") || all.credentials === "keychain"
  // Before a token is made that could then not be kept.
  if (in_keychain) keychain(io).read(name)
  const token = await tokenFrom(url, options, io)
  const me = await createClient({ url, token, fetch: io.fetch }).identity.me()
  if (in_keychain) keychain(io).write(name, token)
  const kept = in_keychain ? { url, keychain: true } : { url, token }
  file.write({ ...all, current: name, profiles: { ...profiles, [name]: kept } })
  io.note(`Signed in to ${url} as ${cleanLine(me.user.email)} (profile ${name}).`)
  return exit_codes.done
}

const tokenFrom = async (url: string, options: Given["options"], io: Io): Promise<string> => {
  if (flag(options, "withToken")) return readToken(io)
  const { identity } = createClient({ url, user_agent: ownName(), fetch: io.fetch })
  if (flag(options, "sso")) return ssoToken(url, await ssoLogin(identity, io), io)
  const email = text(options, "email")
  if (email !== undefined) {
    const password = await readPassword("Password", io)
    return tokenOf(url, (await identity.login({ email, password })).access_token, io)
  }
  if (io.note_is_tty || flag(options, "device")) return tokenOf(url, await deviceLogin(identity, io), io)
  throw new Failure(
    exit_codes.usage,
    "Give an API token with `--with-token < file`, a password with `--email ADDRESS < file`, or `--device` or `--sso` to sign in with a browser.",
  )
}

/** By which somebody knows again what they have signed in. */
const ownName = (): string => `wf on ${hostname().replaceAll(/[^\x21-\x7e]/g, "?")}`

const readToken = async (io: Io): Promise<string> => {
  const token = (await io.readStdin()).trim()
  if (token !== "") return token
  throw new Failure(exit_codes.usage, "Nothing came from stdin. Pipe the token into this command.")
}

/** A session ends after minutes; the API token made with it is what the profile keeps. */
const tokenOf = async (url: string, access_token: string, io: Io): Promise<string> => {
  const created = await createClient({ url, token: access_token, fetch: io.fetch }).identity.createToken({
    name: "wf login",
    all_workspaces: true,
  })
  return created.token
}

const sso_lifetime_ms = 30 * 86_400_000

/** It ends, so that whoever goes on signs in anew, and has what their groups give them by then. */
const ssoToken = async (url: string, access_token: string, io: Io): Promise<string> => {
  const created = await createClient({ url, token: access_token, fetch: io.fetch }).identity.createToken({
    name: "wf login --sso",
    all_workspaces: true,
    expires_at: new Date(io.now().getTime() + sso_lifetime_ms).toISOString(),
  })
  return created.token
}
