import type { Sql } from "#kernel/database/database.ts"
import type { Text } from "#kernel/mail/write.ts"
import { join_path, reset_path, verify_path } from "../page/paths.ts"
import { insertRegistration } from "../registration/insert.ts"
import { insertReset } from "../reset/insert.ts"
import { mayReset } from "../reset/may.ts"
import type { Letter, Letters } from "./letter.ts"

type Writing = Pick<Letters, "public_url">

const linkTo = ({ public_url }: Writing, path: string, token: string): string =>
  `${public_url.replace(/\/+$/, "")}${path}?token=${encodeURIComponent(token)}`

/** What the letter says by what is true now; undefined when there is nobody to write to. What its link needs is kept with it. */
export const compose = async (sql: Sql, writing: Writing, letter: Letter): Promise<Text | undefined> => {
  if (letter.kind === "invite") return invitation(writing, letter)
  const user_id = await findUser(sql, letter.email)
  if (letter.kind === "register") {
    if (user_id !== undefined) return knownAlready(writing, letter.email)
    await insertRegistration(sql, letter)
    return confirmation(writing, letter)
  }
  // Nobody has this address: whoever asked for it hears nothing, and neither does a stranger.
  if (user_id === undefined || !(await mayReset(sql, user_id))) return undefined
  await insertReset(sql, user_id, letter.token)
  return resetting(writing, letter)
}

const findUser = async (sql: Sql, email: string): Promise<string | undefined> => {
  const [row] = await sql<{ id: string }>`
    select id from iam.user_account
    where email = ${email} and not exists (select from iam.service_account where user_id = user_account.id)`
  return row?.id
}

const of = (writing: Writing): string => `Sent by wf at ${writing.public_url}.`

const confirmation = (writing: Writing, { name, token }: Letter & { kind: "register" }): Text => ({
  subject: "Confirm your address for wf",
  lines: [
    `Hello ${name},`,
    "somebody, most likely you, has registered with this address. Confirm it with the password that was chosen then. The link is good for a day.",
    "If it wasn't you, there is nothing to do: without it no account is made.",
  ],
  link: { url: linkTo(writing, verify_path, token), label: "Confirm the address" },
  footer: of(writing),
})

const knownAlready = (writing: Writing, email: string): Text => ({
  subject: "You have an account at wf already",
  lines: [
    `Somebody, most likely you, has registered as ${email}, which has an account already. Nothing was changed.`,
    "Sign in as you did before. If you have a password and don't know it any more, ask for a new one: `wf account forgot`.",
  ],
  footer: of(writing),
})

const resetting = (writing: Writing, { token }: Letter & { kind: "reset" }): Text => ({
  subject: "A new password for wf",
  lines: [
    "Somebody, most likely you, has asked for a new password for your account. Choose one within an hour; you are then signed out everywhere.",
    "If it wasn't you, there is nothing to do: your password stays as it is.",
  ],
  link: { url: linkTo(writing, reset_path, token), label: "Choose a password" },
  footer: of(writing),
})

const invitation = (writing: Writing, letter: Letter & { kind: "invite" }): Text => ({
  subject: `You are invited to ${letter.workspace} at wf`,
  lines: [
    `${letter.invited_by} invites you to work in ${letter.workspace} as ${letter.role}, until ${letter.expires_at.slice(0, 10)}.`,
    `Join as ${letter.email}; if you have no account yet, make one first with \`wf account register\`. In a terminal:`,
    `wf workspaces join ${letter.token} --url ${writing.public_url}`,
    "If you don't know what this is about, there is nothing to do.",
  ],
  link: { url: linkTo(writing, join_path, letter.token), label: "Join the workspace" },
  footer: of(writing),
})
