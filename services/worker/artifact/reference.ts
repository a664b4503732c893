/** What stands in the place of an output that is too large to be kept with its task. */
export type Reference = {
  readonly $artifact: string
  readonly run_id: string
  readonly size_bytes: number
  readonly sha256: string
}

export const isReference = (value: unknown): value is Reference => {
  if (typeof value !== "object" || value === null) return false
  const { $artifact, run_id, size_bytes, sha256 } = value as Partial<Reference>
  const texts = [$artifact, run_id, sha256]
  return texts.every((text) => typeof text === "string") && typeof size_bytes === "number"
}
