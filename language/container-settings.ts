import { z } from "zod"
import { limits } from "./limits.ts"

const max_words = 200

const image = z
  .string()
  .max(500)
  .refine(
    (text) => text.includes("${{") || /^[a-z0-9][\w./:@-]*$/i.test(text),
    "is an image's name, like `alpine:3.22`",
  )

export const containerSettings = z
  .strictObject({
    image,
    run: z
      .string()
      .min(1, "the script is empty")
      .max(limits.max_script_bytes, `a script has at most ${limits.max_script_bytes} characters`)
      .optional()
      .describe("A script, run by the image's sh."),
    command: z
      .array(z.string().max(limits.max_script_bytes))
      .min(1)
      .max(max_words, `a command has at most ${max_words} words`)
      .optional()
      .describe("Words that are run as they are, instead of `run`; the image's own command when left out."),
    pull: z.enum(["missing", "always", "never"]).optional().describe("`missing` when left out."),
    network: z.enum(["none", "bridge"]).optional().describe("`bridge` when left out."),
    user: z
      .string()
      .regex(/^[\w.-]{1,64}(:[\w.-]{1,64})?$/, "is a user, like `1000:1000`")
      .optional(),
    cpus: z.number().min(0.01).max(1_024).optional(),
  })
  .refine(
    ({ run, command }) => run === undefined || command === undefined,
    "a container has `run` or a `command`, not both",
  )
