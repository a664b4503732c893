import { z } from "@hono/zod-openapi"

const max_email_chars = 254
const min_password_chars = 8
const max_password_chars = 256
const max_name_chars = 100
const max_token_chars = 128

const address = /^[^\s@]+@[^\s@]+$/u
const control = /\p{Cc}/u

/** Nothing that isn't seen, either: two addresses that look alike could be told apart by nobody. */
const unseen = /\p{C}/u

const isClean = (text: string): boolean => text.isWellFormed() && !control.test(text)

/** Twins by Unicode or case are one address. */
export const emailText = z
  .string()
  .max(max_email_chars)
  .transform((text) => text.normalize("NFKC").trim().toLowerCase())
  .refine((text) => isClean(text) && !unseen.test(text) && address.test(text), "must be an e-mail address")
  .refine((text) => text.length <= max_email_chars, `has at most ${max_email_chars} characters`)
  .openapi({ type: "string", maxLength: max_email_chars, example: "ada@example.test" })

/** What programs that handle mail read as something else than one plain address: a group, a list, a comment, a quote. */
const syntax = /[<>(),:;"[\]\\\s]/u

/** An address that mail is sent to: one that many could be spelled as is counted, and confirmed, as one. */
export const mailAddress = emailText
  .refine(
    (text) => !syntax.test(text),
    'must be a plain e-mail address, without spaces or any of <>(),:;"[]\\',
  )
  .openapi({ type: "string", maxLength: max_email_chars, example: "ada@example.test" })

const passwordText = z
  .string()
  .max(max_password_chars, `has at most ${max_password_chars} characters`)
  .refine((text) => text.isWellFormed() && !text.includes("\0"), "has a character that is refused")
  .transform((text) => text.normalize("NFKC"))
  .openapi({ type: "string", maxLength: max_password_chars })

/** A name that somebody else gives for a person; undefined where nothing is left of it. */
export const cleanName = (given: unknown): string | undefined => {
  if (typeof given !== "string") return undefined
  const name = given
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, "")
    .trim()
    .slice(0, max_name_chars)
    .toWellFormed()
  return name === "" ? undefined : name
}

/** Any text that could be a password: what it must be like is nothing that a login tells. */
export const credentials = z.object({ email: emailText, password: passwordText }).openapi("Credentials")

const newPasswordText = passwordText
  .refine((text) => text.length >= min_password_chars, `has at least ${min_password_chars} characters`)
  .openapi({ type: "string", minLength: min_password_chars, maxLength: max_password_chars })

/** Of a link that was mailed. */
const linkToken = z.string().max(max_token_chars)

export const verification = z.object({ token: linkToken, password: passwordText }).openapi("Verification")

export const forgottenShape = z.object({ email: mailAddress }).openapi("ForgottenPassword")

export const newPasswordShape = z
  .object({ token: linkToken, password: newPasswordText })
  .openapi("NewPassword")

export const registration = z
  .object({
    email: mailAddress,
    password: newPasswordText,
    name: z.string().trim().min(1).max(max_name_chars).refine(isClean, "has a character that is refused"),
  })
  .openapi("Registration")

export type Credentials = z.output<typeof credentials>
export type Registration = z.output<typeof registration>
