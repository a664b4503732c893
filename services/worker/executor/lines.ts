/** The longest line that is kept whole; the rest of a longer one follows as further lines. */
const max_line_chars = 16_384

export type Lines = {
  /** The lines that are complete with this piece of output. */
  push(bytes: Uint8Array): string[]
  /** What is left when the output has ended. */
  end(): string[]
}

/** Output as lines: partial ones wait for their end, invalid UTF-8 is replaced, endless ones are cut. */
export const createLines = (): Lines => {
  const decoder = new TextDecoder("utf-8", { fatal: false })
  let open = ""
  const take = (text: string): string[] => {
    const lines: string[] = []
    const parts = (open + text).split("\n")
    open = parts.pop() ?? ""
    for (const part of parts) lines.push(...cut(part))
    while (open.length >= max_line_chars) {
      lines.push(open.slice(0, max_line_chars))
      open = open.slice(max_line_chars)
    }
    return lines
  }
  return {
    push: (bytes) => take(decoder.decode(bytes, { stream: true })),
    end() {
      const lines = take(decoder.decode())
      const last = open
      open = ""
      return last === "" ? lines : [...lines, ...cut(last)]
    },
  }
}

/** Of a line that was redrawn with carriage returns, the last state. */
const cut = (line: string): string[] => {
  const whole = line.endsWith("\r") ? line.slice(0, -1) : line
  const shown = whole.slice(whole.lastIndexOf("\r") + 1)
  if (shown.length <= max_line_chars) return [shown]
  const lines: string[] = []
  for (let at = 0; at < shown.length; at += max_line_chars) lines.push(shown.slice(at, at + max_line_chars))
  return lines
}
