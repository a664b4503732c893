import { z } from "@hono/zod-openapi"
import { isClean } from "#language/bounds.ts"
import { secretName } from "#language/words.ts"

const max_value_chars = 65_536
/** What is shorter can't be told from the rest of a log. */
const min_value_chars = 4

export const secretPath = z.object({ name: secretName })

export const setSecretShape = z
  .strictObject({
    value: z
      .string()
      .min(
        min_value_chars,
        `has at least ${min_value_chars} characters: what is shorter can't be masked in logs`,
      )
      .max(max_value_chars, `has at most ${max_value_chars} characters`)
      .refine(isClean, "has no NUL and no half of a surrogate pair"),
  })
  .openapi("SetSecret")

/** Its value is nowhere in here: nobody is ever shown it. */
export const secretShape = z
  .object({ name: z.string(), created_at: z.iso.datetime(), updated_at: z.iso.datetime() })
  .openapi("Secret")

export type Secret = z.infer<typeof secretShape>

export const rotatedShape = z
  .object({ rotated: z.int().openapi({ description: "So many secrets were encrypted anew." }) })
  .openapi("RotatedKey")

export const giveShape = z
  .strictObject({
    task_run_id: z.uuid(),
    token: z
      .string()
      .regex(/^[0-9]{1,18}$/, "is the attempt's token")
      .openapi({ description: "Of the attempt that runs the task now." }),
  })
  .openapi("GiveSecrets")

export const givenShape = z
  .object({
    values: z.record(z.string(), z.string()),
    missing: z.array(z.string()).openapi({ description: "Declared by the task, and not there." }),
  })
  .openapi("GivenSecrets")
