import { smtpMail } from "#kernel/mail/smtp.ts"
import { resolveByDns } from "#kernel/outbound/call.ts"
import { createPolicy } from "#kernel/outbound/policy.ts"
import { service } from "#kernel/service/service.ts"
import { type NotificationConfig, notificationConfig } from "./config.ts"
import { notificationConsumers } from "./consume.ts"
import { createSender } from "./delivery/send.ts"
import { listenFor } from "./event/listen.ts"
import { notificationHttp } from "./http.ts"
import { notificationLoops, sendingLoop } from "./loops.ts"
import { createMeasures, observeWaiting } from "./measure/measures.ts"
import type { Office } from "./office.ts"
import { peersBy } from "./peer/peers.ts"
import { notificationRpc } from "./rpc.ts"
import { createStreams } from "./stream/streams.ts"
import { createVault } from "./subscription/vault.ts"

const policyOf = ({
  WF_NOTIFICATION_HTTP_ALLOW: allow,
  WF_NOTIFICATION_HTTP_ONLY: only,
}: NotificationConfig) =>
  createPolicy({
    settings: { allow: "WF_NOTIFICATION_HTTP_ALLOW", only: "WF_NOTIFICATION_HTTP_ONLY" },
    allow,
    only,
  })

const mailBy = ({ WF_SMTP_URL: url, WF_MAIL_FROM: from }: NotificationConfig) =>
  url === undefined || from === undefined ? undefined : smtpMail({ url, from })

export const notification = service({
  name: "notification",
  config: notificationConfig,
  needs: ["database"],
  calls: ["iam", "scheduler", "workflow", "metadata"],
  migrations: new URL("./migrations", import.meta.url).pathname,
  start: async (platform, config) => {
    const { database, kit, log, call } = platform
    const mail = mailBy(config)
    const listening = listenFor(database)
    // Before the first event is read: what is passed over doesn't come again.
    await listening.refresh()
    const streams = createStreams({ database, kit })
    observeWaiting(platform.metrics, { database, openStreams: streams.count })
    let wake = (): void => undefined
    const office: Office = {
      ...{ database, kit, log, mail },
      vault: createVault(platform.key),
      streams,
      listening,
      measures: createMeasures(platform.metrics),
      outbound: { policy: policyOf(config), resolve: resolveByDns },
      public_url: config.WF_PUBLIC_URL,
      ...peersBy(call),
      wake: () => wake(),
    }
    const sender = createSender(office)
    const sending = sendingLoop(sender, log)
    wake = sending.wake
    return {
      http: notificationHttp(office, { ...platform, service: "notification" }),
      rpc: notificationRpc(office),
      consumers: notificationConsumers(office),
      loops: [sending, ...notificationLoops(office, config.WF_KEEP_NOTIFICATIONS_DAYS)],
      drain: async () => {
        await sending.stop()
        await sender.drain()
        mail?.close()
      },
    }
  },
})
