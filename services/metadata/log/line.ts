import { z } from "@hono/zod-openapi"
import { type Chunk, streams } from "./chunk.ts"

export const logLineShape = z
  .object({
    cursor: z.string(),
    run_id: z.string(),
    task: z.string(),
    attempt: z.int(),
    stream: z.enum(streams),
    at: z.iso.datetime(),
    text: z.string(),
  })
  .openapi("LogLine")

export type LogLine = z.infer<typeof logLineShape>

export const linesOf = ({ run_id, task, attempt, lines }: Chunk): Omit<LogLine, "cursor">[] =>
  lines.map(([at_ms, stream, text]) => {
    return { run_id, task, attempt, stream, at: new Date(at_ms).toISOString(), text }
  })
