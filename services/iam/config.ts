import { z } from "zod"
import { smtpSettings } from "#kernel/mail/smtp.ts"

/** Lifetimes and bounds are stated beside their use. */
export const iamConfig = smtpSettings
  .extend({
    /** Where people reach the platform: links in mails lead there, and no header of a request has a say in that. */
    WF_PUBLIC_URL: z
      .url({ protocol: /^https?$/, error: "must be a URL like https://wf.example.com" })
      .optional(),
  })
  .superRefine(({ WF_SMTP_URL, WF_MAIL_FROM, WF_PUBLIC_URL }, context) => {
    if (WF_SMTP_URL === undefined) return
    const needed = { WF_MAIL_FROM, WF_PUBLIC_URL }
    for (const [name, value] of Object.entries(needed)) {
      if (value === undefined)
        context.addIssue({ code: "custom", path: [name], message: "is not set, and WF_SMTP_URL is" })
    }
  })

export type IamConfig = z.output<typeof iamConfig>
