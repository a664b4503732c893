import { z } from "zod"
import { limits } from "../limits.ts"
import { scriptText, someText } from "../words.ts"

const max_words = 200
const max_image_chars = 500

const image = someText("the image", max_image_chars).refine(
  (given) => given.includes("${{") || /^[a-z0-9][\w./:@-]*$/i.test(given),
  "an image is written like alpine:3.22",
)

const workdir = someText("the folder", limits.max_path_chars).refine(
  (given) => given.includes("${{") || given.startsWith("/"),
  "a folder in the container begins with /",
)

export const containerSettings = z
  .strictObject({
    image,
    run: scriptText.optional().describe("A script, run by the image's sh."),
    command: z
      .array(z.string().max(limits.max_script_bytes))
      .min(1, "a command has at least one word")
      .max(max_words, `a command has at most ${max_words} words`)
      .optional()
      .describe("Words that are run as they are, instead of `run`; the image's own command when left out."),
    workdir: workdir.optional().describe("Where it begins; in the task's folder, /work, when left out."),
    pull: z.enum(["missing", "always", "never"]).optional().describe("missing when left out."),
    network: z.enum(["none", "bridge"]).optional().describe("bridge when left out."),
    user: z
      .string()
      .regex(/^[\w.-]{1,64}(:[\w.-]{1,64})?$/, "a user is written like 1000:1000")
      .optional(),
    cpus: z.number().min(0.01).max(1_024).optional(),
  })
  .refine(
    ({ run, command }) => run === undefined || command === undefined,
    "a container has `run` or a `command`, not both",
  )
  .describe("A container, by docker or podman.")
