import { z } from "@hono/zod-openapi"
import { emailText } from "../user/credentials.ts"

export const accountShape = z
  .object({
    id: z.uuid(),
    email: z.string(),
    name: z.string(),
    created_at: z.iso.datetime(),
    suspended_at: z.iso
      .datetime()
      .nullable()
      .openapi({ description: "Since when they are kept out of the platform; null for who may come in." }),
  })
  .openapi("Account")

/** Which accounts: all of them, or fewer. */
export const accountFilter = z.object({
  email: emailText.optional(),
  suspended: z.enum(["true", "false"]).optional().openapi({
    description: "`true` for those that are kept out, `false` for the others.",
  }),
})

export type Account = z.infer<typeof accountShape>
export type AccountFilter = z.output<typeof accountFilter>

export type AccountRow = Omit<Account, "created_at" | "suspended_at"> & {
  readonly created_at: Date
  readonly suspended_at: Date | null
}

export const accountOf = ({ created_at, suspended_at, ...row }: AccountRow): Account => ({
  ...row,
  created_at: created_at.toISOString(),
  suspended_at: suspended_at?.toISOString() ?? null,
})
