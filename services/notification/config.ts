import { z } from "zod"
import { wholeNumber } from "#kernel/config/config.ts"
import { smtpSettings } from "#kernel/mail/smtp.ts"
import { policyEntries } from "#kernel/outbound/policy.ts"

export const notificationConfig = smtpSettings.extend({
  /** Where people reach the platform: links lead there. */
  WF_PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: "must be a URL like https://wf.example.com" })
    .optional(),
  /** Private networks, addresses and hosts that webhooks may lead to all the same. */
  WF_NOTIFICATION_HTTP_ALLOW: policyEntries,
  /** If there are any, webhooks lead nowhere else. */
  WF_NOTIFICATION_HTTP_ONLY: policyEntries,
  /** How long notifications and deliveries are kept. */
  WF_KEEP_NOTIFICATIONS_DAYS: wholeNumber({ min: 1, max: 36_500 }).default(30),
})

export type NotificationConfig = z.output<typeof notificationConfig>
