import { z } from "@hono/zod-openapi"

const decisionShape = z.object({
  by: z.string(),
  at: z.iso.datetime(),
  approved: z.boolean(),
  comment: z.string(),
})

export const approvalShape = z
  .object({
    id: z.uuid().openapi({ description: "The task run's." }),
    run_id: z.uuid(),
    workflow: z.string(),
    version: z.int(),
    task: z.string(),
    message: z.string(),
    roles: z.array(z.string()),
    people: z.array(z.string()),
    approvals: z.int().openapi({ description: "How many have to agree." }),
    decisions: z.array(decisionShape).openapi({ description: "What people have said so far." }),
    yours: z.boolean().openapi({ description: "Whether you may decide it, and have not said anything yet." }),
    since: z.iso.datetime(),
    until: z.iso.datetime().nullable(),
  })
  .openapi("Approval")

export type ShownApproval = z.infer<typeof approvalShape>
