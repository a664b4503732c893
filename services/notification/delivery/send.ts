import { oneLine } from "../event/text.ts"
import type { Office } from "../office.ts"
import { sendEmail } from "./email.ts"
import { type Outcome, refusal } from "./outcome.ts"
import { settle } from "./settle.ts"
import { sendSlack } from "./slack.ts"
import { type Due, takeDue } from "./take.ts"
import { sendWebhook } from "./webhook.ts"

const max_under_way = 64

export type Sender = {
  /** Begins some of what is due. Answers whether there may be more. */
  round(): Promise<boolean>
  /** Waits for what is under way. */
  drain(): Promise<void>
}

/** Attempts go on beside each other, so that those who are slow hold nobody up. */
export const createSender = (office: Office): Sender => {
  const under_way = new Map<Promise<void>, Due>()

  const begin = (due: Due): void => {
    const attempt = tryOnce(office, due).finally(() => {
      under_way.delete(attempt)
      office.wake()
    })
    under_way.set(attempt, due)
  }

  return {
    async round() {
      const free = max_under_way - under_way.size
      if (free === 0) return false
      const due = await office.database.run((sql) => takeDue(sql, free, [...under_way.values()]))
      for (const one of due) begin(one)
      return due.length === free
    },
    async drain() {
      await Promise.all(under_way.keys())
    },
  }
}

/** Whatever breaks, the delivery comes back by itself: its lease runs out. */
const tryOnce = async (office: Office, due: Due): Promise<void> => {
  const begun_ms = performance.now()
  const at = office.kit.now()
  try {
    const outcome = await deliver(office, due)
    await settle(office, due, { ...outcome, at, took_ms: Math.round(performance.now() - begun_ms) })
  } catch (error) {
    office.log.warn({ event: "delivery.broke", id: due.id, attempt: due.attempt, error })
  }
}

const deliver = async (office: Office, due: Due): Promise<Outcome> => {
  const { workspace_id, user_id, channel, subscription_id, id } = due
  const owner =
    user_id === null ? undefined : (await office.members(workspace_id)).find((one) => one.user_id === user_id)
  if (user_id !== null && !owner) return refusal("Whose it was is no member of the workspace any more.")
  const address =
    due.address === null ? owner?.email : await office.vault.open(subscription_id ?? id, due.address)
  if (address === undefined) return refusal("It has no address.")
  if (channel === "email") return sendEmail(office, due, address.split("\n"))
  if (channel === "slack") return sendSlack(office, due, address)
  if (channel === "webhook") return sendWebhook(office, due, address)
  return refusal(oneLine(`Nothing is sent by ${channel}.`, 100))
}
