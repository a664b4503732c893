import { z } from "@hono/zod-openapi"
import { type Permission, permissions, roles } from "#kernel/auth/permissions.ts"
import { timeText } from "#kernel/http/shapes.ts"
import { queueName } from "#language/words.ts"
import { nameText } from "../workspace/shape.ts"

export const tokenShape = z
  .object({
    id: z.uuid(),
    name: z.string(),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime().nullable(),
    last_used_at: z.iso.datetime().nullable(),
    role: z
      .enum(roles)
      .nullable()
      .openapi({ description: "It may do no more than this; null for all its holder may." }),
    scopes: z
      .array(z.string())
      .nullable()
      .openapi({ description: "The permissions that it is for; null for all its holder has." }),
    queues: z
      .array(z.string())
      .nullable()
      .openapi({ description: "Workers with it take from these queues alone; null for all." }),
    all_workspaces: z.boolean().openapi({ description: "It opens every workspace of its holder." }),
  })
  .openapi("Token")

export const createdTokenShape = tokenShape
  .extend({ token: z.string().openapi({ description: "Shown this once." }) })
  .openapi("TokenCreated")

const names = Object.keys(permissions) as [Permission, ...Permission[]]

const scopesText = z
  .array(z.enum(names))
  .min(1)
  .max(names.length)
  .transform((scopes) => [...new Set(scopes)])

const max_queues = 100

const queuesText = z
  .array(queueName)
  .min(1)
  .max(max_queues)
  .transform((queues) => [...new Set(queues)])
  .openapi({ description: "Workers with it take from these queues alone. All when left out." })

export const newTokenShape = z
  .object({
    name: nameText,
    expires_at: timeText.nullish(),
    all_workspaces: z.boolean().default(false),
    role: z.enum(roles).nullish(),
    scopes: scopesText.nullish(),
    queues: queuesText.nullish(),
  })
  .openapi("NewToken")

export const newServiceTokenShape = newTokenShape
  .pick({ name: true, expires_at: true, scopes: true, queues: true })
  .openapi("NewServiceToken")

export type NewServiceToken = z.output<typeof newServiceTokenShape>
export type Token = z.infer<typeof tokenShape>
export type CreatedToken = z.infer<typeof createdTokenShape>
export type NewToken = z.infer<typeof newTokenShape>
