import { z } from "zod"

const unit_bytes: Readonly<Record<string, number>> = {
  ...{ B: 1, KB: 1e3, MB: 1e6, GB: 1e9 },
  ...{ KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 },
}

const shape = /^(\d{1,9}(?:\.\d{1,3})?)(B|KB|MB|GB|KiB|MiB|GiB)$/

/** "512MB" → 512000000. Undefined when the text is no size. */
const sizeBytes = (text: string): number | undefined => {
  const [, amount, unit] = shape.exec(text) ?? []
  return amount === undefined ? undefined : Math.round(Number(amount) * (unit_bytes[unit ?? ""] ?? 0))
}

const max_size_bytes = 1024 ** 4

const sizeFrom = (min_text: string) => {
  const min_bytes = sizeBytes(min_text) ?? 0
  return z
    .string()
    .refine(
      (text) => (sizeBytes(text) ?? -1) >= min_bytes && (sizeBytes(text) ?? 0) <= max_size_bytes,
      `is a size like 512MB or 2GiB, from ${min_text} to 1024GiB`,
    )
}

export const taskLimitsSchema = z.strictObject({
  memory: sizeFrom("1MiB").optional().describe("All its processes together."),
  processes: z.int().min(1).max(1_000_000).optional().describe("At the same time."),
  open_files: z.int().min(16).max(1_000_000).optional().describe("Of each process."),
  output: sizeFrom("1KB").optional().describe("Of its log; what comes after it is not kept."),
})

/** As a plan has them. A worker may hold a task to less. */
export type TaskLimits = {
  readonly max_memory_bytes?: number
  readonly max_processes?: number
  readonly max_open_files?: number
  readonly max_output_bytes?: number
}

export const taskLimits = (given: z.output<typeof taskLimitsSchema>): TaskLimits => {
  const { memory, processes, open_files, output } = given
  return {
    ...(memory !== undefined && { max_memory_bytes: sizeBytes(memory) ?? 0 }),
    ...(processes !== undefined && { max_processes: processes }),
    ...(open_files !== undefined && { max_open_files: open_files }),
    ...(output !== undefined && { max_output_bytes: sizeBytes(output) ?? 0 }),
  }
}
