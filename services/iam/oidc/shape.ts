import { z } from "@hono/zod-openapi"
import { isLoopbackReturn } from "./loopback.ts"

const max_address_chars = 200
const max_code_chars = 4_096
const max_issuer_chars = 1_000

export const providerShape = z
  .object({
    issuer: z.string(),
    start_url: z.string().openapi({ description: "Where a browser begins, on the platform's own host." }),
  })
  .openapi("OidcProvider")

/** SHA-256 in base64url, and what is at least as hard to guess. */
const digestText = z.string().regex(/^[\w-]{43}$/, "must be a SHA-256 in base64url")
const stateText = z.string().regex(/^[\w-]{16,128}$/, "must be 16 to 128 of A-Z, a-z, 0-9, - and _")

export const beginShape = z.object({
  redirect_uri: z
    .string()
    .max(max_address_chars)
    .refine(isLoopbackReturn, "must be http://127.0.0.1:PORT/… or http://[::1]:PORT/…, on this machine"),
  code_challenge: digestText.openapi({ description: "Of the program's own verifier, by S256." }),
  state: stateText.openapi({ description: "What the program knows the answer by." }),
})

export const finishShape = z.object({
  state: z.string().max(128),
  code: z.string().max(max_code_chars).optional(),
  iss: z.string().max(max_issuer_chars).optional(),
  error: z.string().max(max_address_chars).optional(),
})

export const redeemShape = z
  .object({
    code: z.string().max(128),
    code_verifier: z.string().regex(/^[\w.~-]{43,128}$/, "must be 43 to 128 unreserved characters"),
  })
  .openapi("OidcCode")
