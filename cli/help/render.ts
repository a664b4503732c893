import { type Io, styled } from "../io.ts"
import { type Block, blocksOf } from "./blocks.ts"

type Paper = { readonly width: number; readonly io: Pick<Io, "color"> }

/** Links are named, and followed by their address where that is one of the web. */
const spoken = (text: string): string =>
  text
    .replaceAll(/\[([^\]]+)\]\((https?:[^)\s]+)\)/g, "$1 ($2)")
    .replaceAll(/\[([^\]]+)\]\([^)\s]+\)/g, "$1")
    .replaceAll("**", "")

/** Lines no longer than that, but where a single word is. What is code stays in one piece where it fits. */
export const wrapped = (text: string, width: number): readonly string[] => {
  const pieces = text.match(/`[^`]+`\S*|\S+/g) ?? []
  const words = pieces.flatMap((piece) => (piece.length > width ? piece.split(" ") : [piece]))
  const lines: string[] = []
  let line = ""
  for (const word of words) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === "" ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** What is code has a colour where there are colours, and else the marks that it was written with. */
const shown = (lines: readonly string[], { io }: Paper): readonly string[] => {
  if (!io.color) return lines
  let is_code = false
  return lines.map((line) => {
    const parts = line.split("`").map((part, index) => {
      if (index > 0) is_code = !is_code
      return is_code && part !== "" ? styled(io, "cyan", part) : part
    })
    return parts.join("")
  })
}

const hanging = (first: string, text: string, paper: Paper): readonly string[] => {
  const indent = " ".repeat(first.length)
  const lines = shown(wrapped(spoken(text), Math.max(20, paper.width - first.length)), paper)
  return lines.map((line, index) => `${index === 0 ? first : indent}${line}`)
}

const gap = 2

/** As wide as it will be: the marks of what is code aren't there where it has a colour. */
const widthOf = (cell: string, { io }: Paper): number =>
  io.color ? cell.replaceAll("`", "").length : cell.length

/** As columns where they fit, with the last one wrapped; else each row as a name with its values below. */
const tableLines = (rows: readonly (readonly string[])[], paper: Paper): readonly string[] => {
  const all = rows.filter((row) => row.some((cell) => cell !== "")).map((row) => row.map(spoken))
  const count = Math.max(...all.map((row) => row.length))
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(...all.map((row) => widthOf(row[column] ?? "", paper))),
  )
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + gap, 0)
  const fits = before + Math.min(widths.at(-1) ?? 0, 30) <= paper.width
  return all.flatMap((row, index) => {
    const is_title = index === 0 && rows[0]?.some((cell) => cell !== "") === true
    const cells = is_title ? row.map((cell) => cell.toUpperCase()) : row
    if (fits) {
      const first = cells
        .slice(0, -1)
        .map(
          (cell, column) =>
            cell + " ".repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell, paper)) + gap),
        )
        .join("")
      return columnsLine(first, cells.at(-1) ?? "", paper)
    }
    if (is_title) return []
    const [name = "", ...values] = cells
    return [
      ...shown(wrapped(name, paper.width), paper),
      ...values.filter((value) => value !== "").flatMap((value) => hanging("    ", value, paper)),
    ]
  })
}

const columnsLine = (first: string, last: string, paper: Paper): readonly string[] => {
  const [before = ""] = shown([first], paper)
  const indent = widthOf(first, paper)
  const lines = hanging(" ".repeat(indent), last, paper)
  return lines.map((line, index) => (index === 0 ? before + line.slice(indent) : line).trimEnd())
}

const linesOf = (block: Block, paper: Paper): readonly string[] => {
  if (block.is === "heading") {
    const text = spoken(block.text).replaceAll("`", "")
    return [styled(paper.io, "bold", block.level === 1 ? text.toUpperCase() : text)]
  }
  if (block.is === "code") return block.lines.map((line) => `    ${line}`.trimEnd())
  if (block.is === "table") return tableLines(block.rows, paper)
  return hanging(block.is === "item" ? `${block.mark} ` : "", block.text, paper)
}

/** A page as it is read in a terminal of that width, or in a file. */
export const render = (page: string, paper: Paper): string => {
  const blocks = blocksOf(page)
  return blocks
    .map((block, index) => {
      const together = block.is === "item" && blocks[index - 1]?.is === "item"
      return `${index === 0 || together ? "" : "\n"}${linesOf(block, paper).join("\n")}`
    })
    .join("\n")
}
