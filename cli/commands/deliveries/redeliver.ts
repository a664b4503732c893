import { asJson, cleanLine } from "../../clean.ts"
import { flag, type Given, text } from "../../command.ts"
import { confirm } from "../../confirm.ts"
import { connect } from "../../connection.ts"
import { readDuration } from "../../duration.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import type { Io } from "../../io.ts"

export const run = async ({ arguments: [id], options }: Given, io: Io): Promise<number> => {
  const { deliveries } = connect(options, io)
  const is_json = flag(options, "json")
  if (id !== undefined) {
    const delivery = await deliveries.redeliver(id)
    io.out(is_json ? asJson(delivery) : [delivery.id, delivery.status].map(cleanLine).join("\t"))
    return exit_codes.done
  }
  const subscription_id = text(options, "subscription")
  const since_ms = readDuration("--since", text(options, "since"))
  if (subscription_id === undefined && since_ms === undefined && !flag(options, "all"))
    throw new Failure(
      exit_codes.usage,
      "Name a delivery, or say which: `--subscription ID`, `--since 1d` or `--all`.",
    )
  const status = text(options, "status") === "delivered" ? "delivered" : "dead"
  await confirm(`send all that are ${status} once more`, options, io)
  const now_ms = io.now().getTime()
  const chosen = {
    ...({ status } as const),
    ...(subscription_id !== undefined && { subscription_id }),
    ...(since_ms !== undefined && { since: new Date(now_ms - since_ms).toISOString() }),
  }
  let redelivered = 0
  for (let more = true; more; ) {
    const page = await deliveries.redeliverMany(chosen)
    redelivered += page.redelivered
    // What was delivered is so again before long: it is sent once.
    more = page.more && page.redelivered > 0 && status === "dead"
  }
  io.out(is_json ? asJson({ redelivered }) : String(redelivered))
  return exit_codes.done
}
