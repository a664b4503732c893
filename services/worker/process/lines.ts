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
    open = lastState(parts.pop() ?? "")
    for (const part of parts) lines.push(...cut(part))
    if (open.length < max_line_chars) return lines
    const pieces = piecesOf(open)
    open = pieces.pop() ?? ""
    return [...lines, ...pieces]
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

/** Of a line that was redrawn with carriage returns, the last state; one at its end may belong to the line's end. */
const lastState = (line: string): string =>
  line.length < 2 ? line : line.slice(line.lastIndexOf("\r", line.length - 2) + 1)

const cut = (line: string): string[] => {
  const shown = lastState(line)
  return piecesOf(shown.endsWith("\r") ? shown.slice(0, -1) : shown)
}

/** Never cut within a pair of surrogates. */
const piecesOf = (line: string): string[] => {
  const pieces: string[] = []
  let at = 0
  while (line.length - at > max_line_chars) {
    const splits = /[\ud800-\udbff]/.test(line.charAt(at + max_line_chars - 1))
    const end = at + max_line_chars - (splits ? 1 : 0)
    pieces.push(line.slice(at, end))
    at = end
  }
  return [...pieces, line.slice(at)]
}
