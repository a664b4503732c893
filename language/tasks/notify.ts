import { z } from "zod"
import { limits } from "../limits.ts"
import { someText, text } from "../words.ts"

const recipient = someText("a recipient", limits.max_url_chars)

const recipients = z.union([recipient, z.array(recipient).min(1).max(limits.max_recipients)], {
  error: `must be one recipient, or a list of 1 to ${limits.max_recipients}`,
})

export const notifyType = {
  notify: z
    .strictObject({
      channel: z.enum(["email", "webhook", "in_app"]),
      to: recipients.describe("Addresses, URLs or members, as the channel has it."),
      subject: text(500).optional(),
      message: text().optional(),
      data: z.json().optional().describe("Sent along as JSON to a webhook."),
    })
    .refine(
      ({ subject, message, data }) => subject !== undefined || message !== undefined || data !== undefined,
      "say what is to be sent: `subject`, `message` or `data`",
    )
    .describe("A mail, a webhook or a line in somebody's inbox."),
} as const
