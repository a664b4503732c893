import type { Office } from "../office.ts"
import type { Outcome } from "./outcome.ts"
import { post } from "./post.ts"
import type { Due } from "./take.ts"

const max_text_chars = 3_000

/** What Slack reads as a mention, a link or a channel, written so that it is text. */
const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

const linkText = (link: string | null): readonly string[] =>
  link !== null && /^https?:\/\/[^\s|<>]+$/.test(link) ? [`<${link}|Open>`] : []

const textOf = ({ content: { title, body, link } }: Due): string =>
  [
    `*${escaped(title).replaceAll("*", "∗")}*`,
    escaped(body).slice(0, max_text_chars),
    ...linkText(link),
  ].join("\n")

/** What Slack, and those who take what it takes, show in a channel. */
export const sendSlack = (
  { outbound, kit }: Pick<Office, "outbound" | "kit">,
  due: Due,
  url: string,
): Promise<Outcome> => {
  const body = JSON.stringify({ text: textOf(due) })
  return post({ outbound, now: kit.now(), url, shown: due.shown, headers: {}, body })
}
