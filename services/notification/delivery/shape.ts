import { z } from "@hono/zod-openapi"
import { Problem } from "#kernel/problem/problem.ts"
import { channels } from "../subscription/shape.ts"
import { deliveryMoves } from "./moves.ts"

export const deliveryStatus = z.enum(deliveryMoves.states as [string, ...string[]])

export const deliveryShape = z
  .object({
    id: z.uuid().openapi({ description: "A webhook has it as `webhook-id`, in each attempt." }),
    subscription_id: z.uuid().nullable().openapi({ description: "Null: a task has asked for it." }),
    event_id: z.uuid(),
    type: z.string(),
    run_id: z.uuid().nullable(),
    channel: z.enum(channels),
    to: z.string().openapi({ description: "What is secret in it is left out." }),
    title: z.string(),
    status: deliveryStatus,
    attempts: z.int(),
    next_attempt_at: z.iso.datetime().nullable(),
    error: z.string().nullable(),
    digest_id: z.uuid().nullable().openapi({ description: "The delivery that this one was bundled into." }),
    created_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable(),
  })
  .openapi("Delivery")

export type Delivery = z.infer<typeof deliveryShape>

const attemptShape = z.object({
  number: z.int(),
  at: z.iso.datetime(),
  took_ms: z.int(),
  outcome: z.enum(["delivered", "failed"]),
  request: z.record(z.string(), z.unknown()),
  response: z.record(z.string(), z.unknown()).nullable(),
  error: z.string().nullable(),
})

export const deliveryDetailShape = deliveryShape
  .extend({ body: z.string(), link: z.string().nullable(), history: z.array(attemptShape) })
  .openapi("DeliveryDetail")

export type DeliveryDetail = z.infer<typeof deliveryDetailShape>

export const noDelivery = (id: string): Problem =>
  new Problem("delivery.not_found", { detail: `There is no delivery ${id} of yours in this workspace.` })
