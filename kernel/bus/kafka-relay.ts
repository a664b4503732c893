import type { Sql } from "#kernel/database/database.ts"
import { cleanInbox, cleanOutbox } from "#kernel/outbox/clean.ts"
import { readingRight } from "#kernel/outbox/lease.ts"
import { leaveBehind } from "#kernel/outbox/leave.ts"
import { onNudge } from "#kernel/outbox/nudge.ts"
import { type Parked, putAside } from "#kernel/outbox/park.ts"
import { type Entry, openReader, type Source } from "#kernel/outbox/read.ts"
import { type Loop, loop } from "#kernel/service/loop.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import { createGathering } from "./gather.ts"
import { toMessage } from "./kafka-message.ts"
import { max_message_bytes, type Outgoing, type Sender } from "./kafka-producer.ts"

type RelayOptions = {
  readonly source: Source
  readonly sender: Sender
  readonly log: Log
  readonly poll_ms: number
  readonly lease_ms: number
}

const reader_name = "kafka"
const clean_every_ms = 10_000
/** Without news for so long it looks less often for what other instances have written, who can't wake it. */
const quiet_after_ms = 1_000
const quiet_factor = 5

const prepared = (entries: readonly Entry[]) => {
  const outgoing: Outgoing[] = []
  const parked: Parked[] = []
  for (const { event } of entries) {
    const message = toMessage(event)
    if (Buffer.byteLength(message.value) <= max_message_bytes) outgoing.push({ topic: event.type, message })
    else parked.push({ event, reason: `The event is larger than ${max_message_bytes} bytes` })
  }
  return { outgoing, parked }
}

/** Publishes the outbox page by page, and leaves a page behind when the brokers have it. */
export const kafkaRelay = (options: RelayOptions): Loop => {
  const { source, sender, log, poll_ms, lease_ms } = options
  const { database } = source
  const reader = openReader({ source, name: reader_name, max_events: 1_000 })
  const right = readingRight(database, reader_name, { lease_ms })
  let cleaned_at = 0
  let busy_at = 0

  const clean = async () => {
    if (performance.now() - cleaned_at < clean_every_ms) return
    const more = await database.run(cleanOutbox)
    const moreInbox = await database.run((sql) => cleanInbox(sql))
    if (!more && !moreInbox) cleaned_at = performance.now()
  }

  const round = async (): Promise<boolean> => {
    gathering.begun()
    await clean()
    const entries = await reader.read()
    const last = entries.at(-1)
    if (last === undefined) return false
    busy_at = performance.now()
    const whose = await right.hold()
    if (whose === "others") return false
    if (whose === "taken") {
      reader.forget()
      return true
    }
    const { outgoing, parked } = prepared(entries)
    await sender.send(outgoing)
    const beside = parked.length === 0 ? undefined : (sql: Sql) => putAside(sql, "relay", parked)
    await leaveBehind({ database, reader, last, beside })
    return last.closes !== "batch"
  }

  const rest_ms = () => (performance.now() - busy_at < quiet_after_ms ? poll_ms : poll_ms * quiet_factor)

  const name = `relay.${database.schema}`
  const inner = loop({ name, round, idle_ms: poll_ms, rest_ms, min_backoff_ms: 100, log })
  const gathering = createGathering(inner.wake)
  let endListening: (() => void) | undefined
  return {
    name: inner.name,
    start() {
      endListening ??= onNudge(database.schema, gathering.wakeSoon)
      inner.start()
    },
    async stop() {
      endListening?.()
      gathering.stop()
      await inner.stop()
      await Promise.all([reader.keep(), right.giveBack(), sender.close()]).catch((error: unknown) => {
        log.warn({ event: "bus.leave_failed", group: inner.name, error })
      })
    },
  }
}
