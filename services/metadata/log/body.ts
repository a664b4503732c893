import type { Reader } from "#kernel/http/reader.ts"
import { textStream } from "#kernel/http/text-stream.ts"
import type { LogLine } from "./line.ts"

type Form = "sse" | "ndjson"

const types = { sse: "text/event-stream", ndjson: "application/x-ndjson" } as const

const written = (form: Form, line: LogLine | undefined): string => {
  if (form === "ndjson") return line ? `${JSON.stringify(line)}\n` : "\n"
  return line ? `id: ${line.cursor}\nevent: line\ndata: ${JSON.stringify(line)}\n\n` : ": still here\n\n"
}

export const streamed = (form: Form, lines: AsyncGenerator<LogLine | undefined>, reader: Reader): Response =>
  textStream(lines, (line) => written(form, line), {
    headers: { "content-type": types[form], "cache-control": "no-store", "x-accel-buffering": "no" },
    ...(form === "sse" && { first: ": lines follow\n\n" }),
    reader,
  })
