import { createTransport } from "nodemailer"
import { z } from "zod"
import type { Mail, Message } from "./mail.ts"

const connect_ms = 10_000
const silence_ms = 20_000
const max_connections = 4

const from_text = /^(?:[^<>\r\n]*<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/

/** Where mail is handed over, and as whom. Without the first there is none. */
export const smtpSettings = z.object({
  WF_SMTP_URL: z
    .url({ protocol: /^smtps?$/, error: "must be a URL like smtp://user:password@mail.example.com:587" })
    .optional(),
  WF_MAIL_FROM: z
    .string()
    .regex(from_text, "must be an address, or a name with one: wf <wf@example.com>")
    .optional(),
})

export type SmtpOptions = { readonly url: string; readonly from: string }

type Failure = Error & { readonly responseCode?: number; readonly command?: string }

/** What the server says about this mail and this address, not about us or itself. */
const isForGood = ({ responseCode = 0, command = "" }: Failure): boolean =>
  responseCode >= 500 && ["RCPT TO", "DATA"].includes(command)

/** Mail over SMTP: implicit TLS with `smtps:`, else STARTTLS where the server offers it (`?requireTLS=true`: or not at all). */
export const smtpMail = ({ url, from }: SmtpOptions): Mail => {
  const timeouts = { connectionTimeout: connect_ms, greetingTimeout: connect_ms, socketTimeout: silence_ms }
  // What mails say is ours alone: no file is read, and no address fetched, because of it.
  const locked = { disableFileAccess: true, disableUrlAccess: true }
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: max_connections,
    ...timeouts,
    ...locked,
  })
  const send = async ({ id, to, subject, text, html }: Message) => {
    const domain = /@([^>]+)/.exec(from)?.[1] ?? "localhost"
    const headers = { "auto-submitted": "auto-generated", "x-auto-response-suppress": "All" }
    // As it is: written as text it would be read as a header's, which can name others than who is meant.
    const recipient = { name: "", address: to }
    const content = { subject, text, html, headers }
    await transport.sendMail({ messageId: `<${id}@${domain}>`, from, to: recipient, ...content })
    return "sent" as const
  }
  return {
    send: (message) =>
      send(message).catch((error: Failure) => {
        if (isForGood(error)) return "refused" as const
        throw error
      }),
    close: () => transport.close(),
  }
}
