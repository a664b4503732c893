import type { Sent } from "#kernel/mail/mail.ts"
import { messageOf } from "#kernel/mail/write.ts"
import { oneLine } from "../event/text.ts"
import type { Office } from "../office.ts"
import { type Outcome, refusal } from "./outcome.ts"
import type { Due } from "./take.ts"

const max_line_chars = 500

type Sending = Pick<Office, "mail" | "tail" | "public_url">

const isWeb = (link: string | null): link is string => link !== null && /^https?:/.test(link)

/** What failed has its last lines with it, as they are at this moment. */
const linesOf = async ({ tail }: Sending, { workspace_id, run_id, content: { body, task } }: Due) => {
  const paragraphs = body.split("\n").filter((line) => line !== "")
  if (run_id === null || task === undefined) return { paragraphs, quoted: [] }
  const last = await tail({ workspace_id, run_id, task })
  return { paragraphs, quoted: last.map((line) => oneLine(line, max_line_chars)) }
}

/** One mail to each address. A mail that went out twice has the same id. */
export const sendEmail = async (sending: Sending, due: Due, to: readonly string[]): Promise<Outcome> => {
  const { mail, public_url } = sending
  const { id, content } = due
  const request = { to: due.shown, subject: content.title }
  if (!mail) return refusal("This platform sends no mail.", request)
  const { paragraphs, quoted } = await linesOf(sending, due)
  const text = {
    subject: content.title,
    lines: paragraphs,
    ...(quoted.length > 0 && { quoted: { label: "The last lines that it wrote:", lines: quoted } }),
    ...(isWeb(content.link) && { link: { url: content.link, label: "Open" } }),
    footer: `Sent by wf${public_url === undefined ? "" : ` at ${public_url}`}. \`wf subscriptions list\` shows why.`,
  }
  try {
    const sent: Sent[] = []
    for (const [place, address] of to.entries())
      sent.push(await mail.send(messageOf(`${id}.${place}`, address, text)))
    const refused = to.filter((_, place) => sent[place] === "refused")
    if (refused.length < to.length)
      return { delivered: true, request, response: { refused: refused.length }, error: null }
    return refusal("The mail server refuses it.", request)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return {
      delivered: false,
      request,
      response: null,
      error: `The mail server didn't take it: ${oneLine(reason, 300)}`,
    }
  }
}
