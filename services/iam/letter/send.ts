import { unseal } from "#kernel/auth/box.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import type { Mail } from "#kernel/mail/mail.ts"
import { messageOf } from "#kernel/mail/write.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import { tryIn } from "../throttle/attempt.ts"
import { compose } from "./compose.ts"
import type { Letter, Letters } from "./letter.ts"

const max_at_once = 8
/** Longer than any of them can take: who takes one and dies leaves it to the others after this. */
const lease_s = 300
/** The first try again comes after this, each later one after twice as long. */
const first_wait_s = 15
const max_wait_s = 3_600
/** A bit more than a day. */
const max_tries = 32

export type Sending = {
  readonly database: Database
  readonly mail: Mail
  readonly letters: Pick<Letters, "secret" | "public_url">
  readonly log: Log
}

/** Sends some of what is due. A letter goes out at least once: twice, if we die between sending it and saying so. */
export const sendLetters = (sending: Sending) => async (): Promise<boolean> => {
  const due = await sending.database.run(takeDue)
  await Promise.all(due.map((row) => sendOne(sending, row)))
  return due.length === max_at_once
}

type Due = { readonly id: string; readonly box: Uint8Array; readonly tries: number }

const takeDue = (sql: Sql) =>
  sql<Due>`
    update iam.letter set tries = tries + 1, due_at = now() + ${lease_s}::int * interval '1 second'
    where id = any(array(
      select id from iam.letter where due_at <= now() order by due_at limit ${max_at_once}::int for update skip locked
    ))
    returning id, box, tries`

const sendOne = async (sending: Sending, due: Due): Promise<void> => {
  const { database, log } = sending
  const { id, tries } = due
  try {
    const outcome = await deliver(sending, due)
    await database.run((sql) => deleteLetter(sql, id))
    log.info({ event: "letter.settled", id, outcome, tries })
  } catch (error) {
    const over = tries >= max_tries
    log.warn({ event: over ? "letter.given_up" : "letter.delayed", id, tries, error })
    await database.run((sql) => (over ? deleteLetter(sql, id) : putOff(sql, due)))
  }
}

const deliver = async ({ database, mail, letters }: Sending, { id, box, tries }: Due): Promise<string> => {
  const text = await unseal(letters.secret, id, box)
  if (text === undefined) return "unreadable"
  const letter = JSON.parse(text) as Letter
  const written = await database.tx(async (sql) =>
    tries === 1 && (await isTooMuch(sql, letter)) ? undefined : compose(sql, letters, letter),
  )
  return written ? mail.send(messageOf(id, letter.email, written)) : "nobody"
}

/**
 * Who is written to is not whoever asked: nobody's post is filled by others. Each kind is counted by itself, so that nobody's new
 * password is kept from them by asking for something else. Invitations are counted when they are made.
 */
const isTooMuch = async (sql: Sql, { kind, email }: Letter): Promise<boolean> =>
  kind !== "invite" && (await tryIn(sql, [{ rule: "letter", of: `${kind}\0${email}` }])) > 0

const deleteLetter = (sql: Sql, id: string) => sql`delete from iam.letter where id = ${id}::text::uuid`

const putOff = (sql: Sql, { id, tries }: Due) => {
  const wait_s = Math.min(first_wait_s * 2 ** (tries - 1), max_wait_s)
  return sql`
    update iam.letter set due_at = now() + ${wait_s}::int * interval '1 second' where id = ${id}::text::uuid`
}
