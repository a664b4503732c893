import { createHmac, timingSafeEqual } from "node:crypto"
import type { Trigger } from "#language/schedule.ts"

export type Webhook = Extract<Trigger, { type: "webhook" }>

export type Scheme = NonNullable<NonNullable<Webhook["signature"]>["scheme"]>

export const schemeOf = ({ signature }: Pick<Webhook, "signature">): Scheme => signature?.scheme ?? "standard"

type Signed = {
  readonly webhook: Webhook
  readonly secret: string
  readonly headers: Headers
  readonly body: Uint8Array
  readonly now: Date
}

/** What tells a delivery from others, or why it is not taken. */
export type Checked = { readonly delivery?: string | undefined; readonly fault?: string }

const tolerance_s = 300
/** A sender that changes its secret signs with the old and the new one for a while. */
const max_signatures = 10

const usual_headers = {
  standard: "webhook-signature",
  github: "x-hub-signature-256",
  stripe: "stripe-signature",
  hmac_sha256: "x-signature",
} as const satisfies Record<Scheme, string>

/** Compares with all that were sent, each in the same time whatever is in it. */
export const checkSignature = (signed: Signed): Checked => {
  const scheme = schemeOf(signed.webhook)
  const header = signed.webhook.signature?.header ?? usual_headers[scheme]
  const given = signed.headers.get(header)
  if (given === null) return { fault: `the header \`${header}\` is missing` }
  return checks[scheme](signed, given)
}

const standard = ({ secret, headers, body, now }: Signed, given: string): Checked => {
  const id = headers.get("webhook-id")
  const time = headers.get("webhook-timestamp")
  if (!id || !time) return { fault: "the headers `webhook-id` and `webhook-timestamp` are missing" }
  const late = lateness(time, now)
  if (late !== undefined) return { fault: late }
  const key = secret.startsWith("whsec_") ? Buffer.from(secret.slice(6), "base64") : secret
  const digest = mac(key, [`${id}.${time}.`, body])
  const sent = given.split(" ").filter((one) => one.startsWith("v1,"))
  return verdict(digest, { sent: sent.map((one) => Buffer.from(one.slice(3), "base64")), delivery: id })
}

const stripe = ({ secret, body, now }: Signed, given: string): Checked => {
  const parts = given.split(",").map((part) => part.trim())
  const time = parts.find((part) => part.startsWith("t="))?.slice(2) ?? ""
  const late = lateness(time, now)
  if (late !== undefined) return { fault: late }
  const digest = mac(secret, [`${time}.`, body])
  const sent = parts.filter((part) => part.startsWith("v1=")).map((part) => fromHex(part.slice(3)))
  return verdict(digest, { sent, delivery: digest.toString("hex") })
}

const plain = ({ secret, body, headers }: Signed, given: string): Checked => {
  const digest = mac(secret, [body])
  return verdict(digest, { sent: [fromHex(given.replace(/^sha256=/, ""))], delivery: deliveryOf(headers) })
}

const checks = { standard, stripe, github: plain, hmac_sha256: plain } as const satisfies Record<
  Scheme,
  (signed: Signed, given: string) => Checked
>

/** As senders name their deliveries, where no signature says more. */
export const deliveryOf = (headers: Headers): string | undefined => {
  for (const name of ["webhook-id", "x-github-delivery", "x-gitlab-event-uuid", "idempotency-key"]) {
    const found = headers.get(name)
    if (found) return found
  }
  return undefined
}

const lateness = (time: string, now: Date): string | undefined => {
  if (!/^\d{1,12}$/.test(time)) return "the time that was signed is no time in seconds"
  const off_s = Math.abs(now.getTime() / 1000 - Number(time))
  return off_s > tolerance_s ? `the time that was signed is more than ${tolerance_s} seconds off` : undefined
}

const mac = (key: string | Buffer, parts: readonly (string | Uint8Array)[]): Buffer => {
  const hmac = createHmac("sha256", key)
  for (const part of parts) hmac.update(part)
  return hmac.digest()
}

const fromHex = (text: string): Buffer => Buffer.from(/^[0-9a-f]{64}$/i.test(text) ? text : "", "hex")

type Sent = { readonly sent: readonly Buffer[]; readonly delivery: string | undefined }

const verdict = (digest: Buffer, { sent, delivery }: Sent): Checked => {
  let fits = false
  for (const one of sent.slice(0, max_signatures)) {
    if (one.length === digest.length && timingSafeEqual(one, digest)) fits = true
  }
  return fits ? { delivery } : { fault: "the signature doesn't fit the body and the secret" }
}
