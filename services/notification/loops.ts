import { type Loop, loop, type WakeableLoop } from "#kernel/service/loop.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import { cleanNotifications } from "./clean/clean.ts"
import { releaseHeld } from "./delivery/release.ts"
import type { Sender } from "./delivery/send.ts"
import type { Office } from "./office.ts"
import { fireWatches } from "./watch/fire.ts"

/** How late news of another process comes at most. */
const collect_ms = 150
const alive_ms = 5_000
const look_ms = 1_000
const clean_ms = 600_000
/** A retry that is due is found by looking. */
const send_ms = 500

export const sendingLoop = (sender: Sender, log: Log): WakeableLoop =>
  loop({ name: "notification.send", round: sender.round, idle_ms: send_ms, log })

const refreshed =
  ({ listening }: Office) =>
  async (): Promise<boolean> => {
    await listening.refresh()
    return false
  }

export const notificationLoops = (office: Office, keep_days: number): readonly Loop[] => {
  const { streams, log } = office
  return [
    loop({ name: "notification.collect", round: streams.collect, idle_ms: collect_ms, log }),
    loop({ name: "notification.alive", round: streams.stayAlive, idle_ms: alive_ms, log }),
    loop({ name: "notification.slow", round: fireWatches(office), idle_ms: look_ms, log }),
    loop({ name: "notification.listening", round: refreshed(office), idle_ms: look_ms, log }),
    loop({ name: "notification.release", round: releaseHeld(office), idle_ms: look_ms, log }),
    loop({
      name: "notification.clean",
      round: cleanNotifications(office, keep_days),
      idle_ms: clean_ms,
      log,
    }),
  ]
}
