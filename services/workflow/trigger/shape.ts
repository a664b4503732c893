import { z } from "@hono/zod-openapi"
import { nameText } from "../workflow/shape.ts"

export const hookPath = z.object({ workflow: nameText, name: nameText })

/** What became of a request to a webhook, or of an event. */
const deliveryShape = z.object({
  at: z.iso.datetime(),
  status: z.enum(["started", "skipped", "failed", "refused"]),
  reason: z.string().nullable(),
  run_id: z.uuid().nullable(),
})

export type Delivery = z.infer<typeof deliveryShape>

export const hookShape = z
  .object({
    id: z.uuid(),
    workflow: z.string(),
    name: z.string(),
    type: z.enum(["webhook", "workflow", "event"]),
    path: z.string().nullable().openapi({
      description:
        "Of a webhook: where requests go. Whoever knows it can send them; null with another key file.",
    }),
    secret: z.string().nullable().openapi({ description: "The secret that requests are signed by." }),
    scheme: z.enum(["standard", "github", "stripe", "hmac_sha256"]).nullable(),
    upstream: z.string().nullable().openapi({ description: "The workflow whose runs' ends begin a run." }),
    event: z
      .string()
      .nullable()
      .openapi({ description: "Of a trigger at an event: the type of those that begin a run." }),
    workflow_archived: z.boolean().openapi({ description: "Nothing of an archived workflow is started." }),
    last: deliveryShape.nullable(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .openapi("Hook")

export const hookDetailShape = hookShape
  .extend({
    deliveries: z.array(deliveryShape).openapi({
      description:
        "The newest 50, newest first: of a webhook the requests; of others what events have begun.",
    }),
  })
  .openapi("HookDetail")

export type HookDetail = z.infer<typeof hookDetailShape>

export type Hook = z.infer<typeof hookShape>

export const receivedShape = z
  .object({
    run_id: z
      .uuid()
      .optional()
      .openapi({ description: "The run; of a delivery sent again, the first one's." }),
    skipped: z.string().optional().openapi({ description: "Why there is none." }),
  })
  .openapi("HookReceived")
