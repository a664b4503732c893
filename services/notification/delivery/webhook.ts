import type { Office } from "../office.ts"
import { secretLabel } from "../subscription/vault.ts"
import type { Outcome } from "./outcome.ts"
import { post } from "./post.ts"
import { signatures } from "./signature.ts"
import type { Due } from "./take.ts"

type Sending = Pick<Office, "vault" | "outbound" | "kit">

/** The same in each attempt, so that who gets it twice can tell by its id and its content. */
const bodyOf = ({ content, created_at }: Due): string => {
  const { type, title, body, link, data } = content
  return JSON.stringify({ type, timestamp: created_at.toISOString(), data: { title, body, link, ...data } })
}

export const sendWebhook = async (
  { vault, outbound, kit }: Sending,
  due: Due,
  url: string,
): Promise<Outcome> => {
  const { id, subscription_id, shown } = due
  const label = secretLabel(subscription_id ?? id)
  const boxes = [due.secret, due.old_secret].filter((box) => box !== null)
  const secrets = await Promise.all(boxes.map((box) => vault.open(label, box)))
  const now = kit.now()
  const timestamp_s = Math.floor(now.getTime() / 1_000)
  const body = bodyOf(due)
  const headers = {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp_s),
    ...(secrets.length > 0 && { "webhook-signature": signatures(secrets, { id, timestamp_s, body }) }),
  }
  return post({ outbound, now, url, shown, headers, body })
}
