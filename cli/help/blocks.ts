/** What a page consists of. */
export type Block =
  | { readonly is: "heading"; readonly level: number; readonly text: string }
  | { readonly is: "code"; readonly lines: readonly string[] }
  | { readonly is: "table"; readonly rows: readonly (readonly string[])[] }
  | { readonly is: "item"; readonly mark: string; readonly text: string }
  | { readonly is: "text"; readonly text: string }

const cellsOf = (line: string): readonly string[] =>
  line
    .trim()
    .replace(/^\||\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll("\\|", "|"))

const isRule = (line: string): boolean => /^\|[\s|:-]+\|$/.test(line.trim())

/** Also within an item of a list. */
const isRow = (line: string): boolean => /^ {0,3}\|/.test(line)

const startOfItem = /^(\s*)([-*]|\d+\.) /

/** The lines from here on that belong together; at least one. */
const whileFrom = (
  lines: readonly string[],
  start: number,
  belongs: (line: string) => boolean,
): readonly string[] => {
  const end = lines.findIndex((line, index) => index > start && !belongs(line))
  return lines.slice(start, end === -1 ? undefined : end)
}

const joined = (lines: readonly string[]): string => lines.map((line) => line.trim()).join(" ")

const isPlain = (line: string): boolean =>
  line.trim() !== "" && !/^(#|```)/.test(line) && !isRow(line) && !startOfItem.test(line)

type Read = { readonly block: Block; readonly took: number }

const fenced = (lines: readonly string[], start: number): Read => {
  const inside = whileFrom(lines, start, (line) => !line.startsWith("```"))
  return { block: { is: "code", lines: inside.slice(1) }, took: inside.length + 1 }
}

const indented = (lines: readonly string[], start: number): Read => {
  const found = whileFrom(lines, start, (line) => line.startsWith("    ") || line.trim() === "")
  const text = found.join("\n").trimEnd().split("\n")
  return { block: { is: "code", lines: text.map((line) => line.slice(4)) }, took: text.length }
}

const tableAt = (lines: readonly string[], start: number): Read => {
  const found = whileFrom(lines, start, isRow)
  const rows = found.filter((line) => !isRule(line)).map(cellsOf)
  return { block: { is: "table", rows }, took: found.length }
}

const itemAt = (lines: readonly string[], start: number): Read => {
  const found = whileFrom(lines, start, isPlain)
  const [, before = "", mark = "-"] = startOfItem.exec(lines[start] ?? "") ?? []
  const text = joined(found).replace(/^([-*]|\d+\.) /, "")
  return {
    block: { is: "item", mark: `${before}${mark === "*" ? "-" : mark}`, text },
    took: found.length,
  }
}

const blockAt = (lines: readonly string[], start: number): Read => {
  const line = lines[start] ?? ""
  const [, marks, title = ""] = /^(#+) (.*)$/.exec(line) ?? []
  if (marks !== undefined) return { block: { is: "heading", level: marks.length, text: title }, took: 1 }
  if (line.startsWith("```")) return fenced(lines, start)
  if (line.startsWith("    ")) return indented(lines, start)
  if (isRow(line)) return tableAt(lines, start)
  if (startOfItem.test(line)) return itemAt(lines, start)
  const found = whileFrom(lines, start, isPlain)
  return { block: { is: "text", text: joined(found) }, took: found.length }
}

/** The parts of a page as we write them: a little of Markdown. */
export const blocksOf = (page: string): readonly Block[] => {
  const lines = page.split("\n")
  const blocks: Block[] = []
  let place = 0
  while (place < lines.length) {
    if (lines[place]?.trim() === "") {
      place += 1
      continue
    }
    const { block, took } = blockAt(lines, place)
    blocks.push(block)
    place += took
  }
  return blocks
}
