import { rest } from "#sdk/follow.ts"
import type { Delivery } from "#sdk/index.ts"
import { asJson, cleanLine } from "../../clean.ts"
import { flag, type Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"

const look_ms = 200
/** Longer than an attempt may take. */
const patience_ms = 20_000

const isOver = ({ status, attempts, error }: Delivery): boolean =>
  status !== "queued" || (attempts > 0 && error !== null)

export const run = async ({ arguments: [id = ""], options }: Given, io: Io): Promise<number> => {
  const { subscriptions, deliveries } = connect(options, io)
  let delivery: Delivery = await subscriptions.test(id)
  const until_ms = performance.now() + patience_ms
  while (!isOver(delivery) && performance.now() < until_ms && !io.signal.aborted) {
    await rest(look_ms, io.signal)
    delivery = await deliveries.get(delivery.id)
  }
  if (flag(options, "json")) io.out(asJson(delivery))
  else io.out([delivery.id, delivery.status].map(cleanLine).join("\t"))
  if (delivery.error !== null) io.note(cleanLine(delivery.error))
  return delivery.status === "delivered" ? exit_codes.done : exit_codes.failed
}
