import { z } from "zod"
import { checkOidcSettings, oidcSettings } from "./oidc/settings.ts"

/** Lifetimes and bounds are stated beside their use. */
export const iamConfig = z
  .object({
    /** Where people reach the platform: browsers are sent there, and no header of a request has a say in that. */
    WF_PUBLIC_URL: z
      .url({ protocol: /^https?$/, error: "must be a URL like https://wf.example.com" })
      .optional(),
    ...oidcSettings,
  })
  .superRefine((given, context) => {
    checkOidcSettings(given, (name, message) => context.addIssue({ code: "custom", path: [name], message }))
  })
