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
    while (open.length > max_line_chars) {
      const end = lastWhole(open)
      lines.push(open.slice(0, end))
      open = open.slice(end)
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
  let rest = shown
  while (rest.length > max_line_chars) {
    const end = lastWhole(rest)
    lines.push(rest.slice(0, end))
    rest = rest.slice(end)
  }
  return [...lines, rest]
}

/** Where a longer line is cut: never between the two halves of one character. */
const lastWhole = (text: string): number => {
  const last = text.charCodeAt(max_line_chars - 1)
  return last >= 0xd800 && last <= 0xdbff ? max_line_chars - 1 : max_line_chars
}
