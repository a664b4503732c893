import { z } from "zod"
import { wholeNumber } from "#kernel/config/config.ts"

const gib = 1024 ** 3

export const artifactConfig = z.object({
  WF_ARTIFACT_MAX_BYTES: wholeNumber({ min: 1, max: Number.MAX_SAFE_INTEGER }).default(16 * gib),
  /** At most; a workspace may keep them for less long, and none is kept for longer than its run. */
  WF_KEEP_ARTIFACTS_DAYS: wholeNumber({ min: 1, max: 36_500 }).default(36_500),
  /** What the files of one workspace may take together. */
  WF_ARTIFACT_QUOTA_BYTES: wholeNumber({ min: 1, max: Number.MAX_SAFE_INTEGER }).default(256 * gib),
})
