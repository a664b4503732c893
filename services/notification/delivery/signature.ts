import { createHmac } from "node:crypto"

const prefix = "whsec_"

type Signed = { readonly id: string; readonly timestamp_s: number; readonly body: string }

/** As Standard Webhooks has it: one signature for each secret, so that who checks may have either while they change over. */
export const signatures = (secrets: readonly string[], { id, timestamp_s, body }: Signed): string =>
  secrets
    .map((secret) => {
      const key = Buffer.from(secret.slice(prefix.length), "base64")
      return `v1,${createHmac("sha256", key).update(`${id}.${timestamp_s}.${body}`).digest("base64")}`
    })
    .join(" ")
