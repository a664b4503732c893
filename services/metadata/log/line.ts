import { z } from "@hono/zod-openapi"
import { type Chunk, streams } from "./chunk.ts"
import { levelOf, levels } from "./level.ts"

export const logLineShape = z
  .object({
    cursor: z.string(),
    run_id: z.string(),
    task: z.string(),
    attempt: z.int(),
    stream: z.enum(streams),
    level: z.enum(levels),
    at: z.iso.datetime(),
    text: z.string(),
  })
  .openapi("LogLine")

export type LogLine = z.infer<typeof logLineShape>

export const linesOf = ({ run_id, task, attempt, lines }: Chunk): Omit<LogLine, "cursor">[] =>
  lines.map(([at_ms, stream, text]) => {
    const level = levelOf(stream, text)
    return { run_id, task, attempt, stream, level, at: new Date(at_ms).toISOString(), text }
  })
