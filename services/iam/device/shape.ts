import { z } from "@hono/zod-openapi"

const max_code_chars = 128

export const deviceCodeShape = z
  .object({
    device_code: z.string().openapi({ description: "What the device asks for its tokens with." }),
    user_code: z.string().openapi({ description: "What its user enters at `verification_uri`." }),
    verification_uri: z.string(),
    verification_uri_complete: z.string(),
    expires_in: z.int().openapi({ description: "Seconds until both codes end." }),
    interval: z.int().openapi({ description: "Seconds to wait between two questions." }),
  })
  .openapi("DeviceCode")

export const deviceTokenShape = z
  .object({ device_code: z.string().max(max_code_chars) })
  .openapi("DeviceToken")

export const deviceDecisionShape = z
  .object({ user_code: z.string().max(max_code_chars), approve: z.boolean().default(true) })
  .openapi("DeviceDecision")

export type DeviceCode = z.infer<typeof deviceCodeShape>
export type DeviceDecision = z.output<typeof deviceDecisionShape>

/** Letters that make no words and are not taken for others. */
const letters = "BCDFGHJKLMNPQRSTVWXZ"
const half = 4

/** 20^8 of them, guessed against throttled, within minutes. */
export const newUserCode = (): string => {
  const limit = 256 - (256 % letters.length)
  const drawn: string[] = []
  while (drawn.length < 2 * half) {
    const [byte = limit] = crypto.getRandomValues(new Uint8Array(1))
    if (byte < limit) drawn.push(letters[byte % letters.length] ?? "")
  }
  return `${drawn.slice(0, half).join("")}-${drawn.slice(half).join("")}`
}

/** However it was typed. */
export const readUserCode = (typed: string): string => {
  const plain = typed.toUpperCase().replaceAll(/[^A-Z]/g, "")
  return `${plain.slice(0, half)}-${plain.slice(half)}`
}
