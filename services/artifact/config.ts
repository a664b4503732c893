import { z } from "zod"
import { wholeNumber } from "#kernel/config/config.ts"

const gib = 1024 ** 3

export const artifactConfig = z.object({
  WF_ARTIFACT_MAX_BYTES: wholeNumber({ min: 1, max: Number.MAX_SAFE_INTEGER }).default(16 * gib),
  /** What the files of one workspace may take together. */
  WF_ARTIFACT_QUOTA_BYTES: wholeNumber({ min: 1, max: Number.MAX_SAFE_INTEGER }).default(256 * gib),
})
