import { z } from "zod"
import { wholeNumber } from "#kernel/config/config.ts"
import { smtpSettings } from "#kernel/mail/smtp.ts"
import { checkOidcSettings, oidcSettings } from "./oidc/settings.ts"

const usual_days = 30
/** Two years. */
const kept_days = 730

/** Lifetimes and bounds are stated beside their use. */
export const iamConfig = smtpSettings
  .extend({
    /** Where people reach the platform: links in mails and browsers are led there, and no header of a request has a say in that. */
    WF_PUBLIC_URL: z
      .url({ protocol: /^https?$/, error: "must be a URL like https://wf.example.com" })
      .optional(),
    /** How old the key that signs access tokens may become before the next one takes over. */
    WF_KEY_ROTATION_DAYS: z.coerce.number().min(0.01).max(3_650).default(usual_days),
    /** How long entries of the audit log are kept. The database itself refuses to remove any that is younger than 30 days. */
    WF_KEEP_AUDIT_DAYS: wholeNumber({ min: 30, max: 36_500 }).default(kept_days),
    ...oidcSettings,
  })
  .superRefine(({ WF_SMTP_URL, WF_MAIL_FROM, WF_PUBLIC_URL }, context) => {
    if (WF_SMTP_URL === undefined) return
    const needed = { WF_MAIL_FROM, WF_PUBLIC_URL }
    for (const [name, value] of Object.entries(needed)) {
      if (value === undefined)
        context.addIssue({ code: "custom", path: [name], message: "is not set, and WF_SMTP_URL is" })
    }
  })
  .superRefine((given, context) => {
    checkOidcSettings(given, (name, message) => context.addIssue({ code: "custom", path: [name], message }))
  })

export type IamConfig = z.output<typeof iamConfig>
