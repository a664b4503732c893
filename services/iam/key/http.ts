import { createRoute, z } from "@hono/zod-openapi"
import { callerIn } from "#kernel/audit/caller.ts"
import type { App } from "#kernel/http/app.ts"
import { bearer, jsonAnswer, refusals } from "#kernel/http/shapes.ts"
import type { Iam } from "../iam.ts"
import { rotateKeys } from "./rotate.ts"

const rotatedShape = z
  .object({
    key_id: z.string(),
    signs_at: z.iso.datetime().openapi({ description: "From when on access tokens are signed with it." }),
    before_ends_at: z.iso
      .datetime()
      .nullable()
      .openapi({ description: "Until when the key before it still verifies." }),
  })
  .openapi("KeyRotated")

const rotateRoute = createRoute({
  method: "post",
  path: "/api/v1/auth/keys/rotate",
  operationId: "rotateSigningKeys",
  summary: "Rotate the keys that sign tokens",
  security: bearer,
  responses: {
    201: jsonAnswer("The next key that access tokens are signed with", rotatedShape),
    ...refusals,
  },
})

/** For how long others may keep the public keys: shorter than a new one is shown before it signs. */
const keys_max_age_s = 30

export const mountKeys = (app: App, iam: Iam): void => {
  const rotate = rotateKeys(iam)
  app.openapi(rotateRoute, async (context) => context.json(await rotate(callerIn(context)), 201))
  app.get("/.well-known/jwks.json", (context) =>
    context.body(iam.keys.jwks, 200, {
      "content-type": "application/jwk-set+json",
      "cache-control": `public, max-age=${keys_max_age_s}`,
    }),
  )
}
