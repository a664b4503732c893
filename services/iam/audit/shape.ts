import { z } from "@hono/zod-openapi"
import { timeText } from "#kernel/http/shapes.ts"
import { actions } from "./actions.ts"

const max_who_chars = 254

export const auditEntryShape = z
  .object({
    id: z.uuid(),
    at: z.iso.datetime(),
    action: z.string(),
    actor: z
      .object({
        kind: z.string().openapi({ description: "`user`, `token`, or `service` for the platform itself." }),
        id: z.uuid().nullable(),
        email: z.string(),
        grant_id: z.string().nullable().openapi({ description: "The session or API token that was used." }),
      })
      .openapi("AuditActor"),
    subject: z
      .object({ kind: z.string(), id: z.string().nullable(), name: z.string() })
      .openapi("AuditSubject"),
    details: z.record(z.string(), z.unknown()),
    workspace_id: z.uuid().nullable(),
    address: z.string().nullable(),
    device: z.string(),
  })
  .openapi("AuditEntry")

/** Which entries; without `account`, those of the present workspace. */
export const auditFilter = z.object({
  action: z.enum(actions).optional(),
  actor: z.string().trim().toLowerCase().max(max_who_chars).optional().openapi({
    description: "Who did it, by address.",
  }),
  since: timeText.optional(),
  until: timeText.optional(),
  account: z.enum(["true", "false"]).optional().openapi({
    description: "`true` for what happened with your own account, such as signing in, wherever you are.",
  }),
})

export type AuditFilter = z.output<typeof auditFilter>
export type AuditEntry = z.infer<typeof auditEntryShape>
