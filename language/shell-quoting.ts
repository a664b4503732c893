import { ExpressionError } from "./expression-error.ts"

/** Stands for an expression in a script. No script contains it otherwise. */
export const mark = "\0"

export type Placement = "bare" | "single" | "double" | "arithmetic"

/** Answers the text to put where the expression with this number stands. */
type Reference = (placement: Placement, index: number) => string

type Kind =
  | "top"
  | "paren"
  | "backtick"
  | "brace"
  | "double"
  | "quoted_brace"
  | "heredoc"
  | "arithmetic"
  | "single"

type Frame = { readonly kind: Kind; depth: number }

type Heredoc = {
  readonly delimiter: string
  readonly literal: boolean
  readonly tabs: boolean
  readonly piece: number
}

type Scan = {
  readonly source: string
  at: number
  readonly out: string[]
  readonly frames: Frame[]
  readonly pending: Heredoc[]
  readonly reference: (placement: Placement) => string
}

/** Reads a script as far as its quoting goes and puts each reference in the form its place needs. */
export const placeReferences = (source: string, reference: Reference): string => {
  let index = 0
  return scanned(source, "top", (placement) => reference(placement, index++))
}

const scanned = (source: string, kind: Kind, reference: Scan["reference"]): string => {
  const scan: Scan = { source, at: 0, out: [], frames: [{ kind, depth: 0 }], pending: [], reference }
  while (scan.at < source.length) {
    const frame = scan.frames.at(-1) ?? { kind: "top", depth: 0 }
    if (source[scan.at] === mark) put(scan, reference(placementIn(frame.kind)), 1)
    else if (frame.kind === "single") inSingle(scan)
    else if (!expansion(scan, frame)) inside[frame.kind](scan, frame)
  }
  return scan.out.join("")
}

const placementIn = (kind: Kind): Placement => {
  if (kind === "single" || kind === "arithmetic") return kind
  return kind === "double" || kind === "quoted_brace" || kind === "heredoc" ? "double" : "bare"
}

const put = (scan: Scan, text: string, length: number): void => {
  scan.out.push(text)
  scan.at += length
}

const keep = (scan: Scan, length: number): void =>
  put(scan, scan.source.slice(scan.at, scan.at + length), length)

const enter = (scan: Scan, kind: Kind, length: number): void => {
  scan.frames.push({ kind, depth: 0 })
  keep(scan, length)
}

const leave = (scan: Scan, length: number): void => {
  if (scan.frames.length > 1) scan.frames.pop()
  keep(scan, length)
}

const inSingle = (scan: Scan): void => {
  if (scan.source[scan.at] === "'") leave(scan, 1)
  else keep(scan, 1)
}

/** What means the same in and out of double quotes. Answers whether there was such a thing. */
const expansion = (scan: Scan, frame: Frame): boolean => {
  const { source, at } = scan
  const quoted = placementIn(frame.kind) === "double"
  if (source[at] === "\\") {
    // A backslash before an expression would undo the reference's quoting, so it is kept as itself.
    if (source[at + 1] === mark) put(scan, "\\\\", 1)
    else keep(scan, 2)
  } else if (source.startsWith("$((", at)) enter(scan, "arithmetic", 3)
  else if (source.startsWith("$(", at)) enter(scan, "paren", 2)
  else if (source.startsWith("${", at)) enter(scan, quoted ? "quoted_brace" : "brace", 2)
  else if (source[at] === "`" && frame.kind === "backtick") leave(scan, 1)
  else if (source[at] === "`") enter(scan, "backtick", 1)
  else return false
  return true
}

const inDouble = (scan: Scan): void => {
  if (scan.source[scan.at] === '"') leave(scan, 1)
  else keep(scan, 1)
}

const inQuotedBrace = (scan: Scan): void => {
  if (scan.source[scan.at] === "}") leave(scan, 1)
  else keep(scan, 1)
}

const inArithmetic = (scan: Scan, frame: Frame): void => {
  const char = scan.source[scan.at]
  if (char === ")" && frame.depth === 0) {
    leave(scan, scan.source[scan.at + 1] === ")" ? 2 : 1)
    return
  }
  if (char === "(") frame.depth += 1
  else if (char === ")") frame.depth -= 1
  keep(scan, 1)
}

const inPlain = (scan: Scan, frame: Frame): void => {
  const { source, at } = scan
  const char = source[at]
  if (char === "'") enter(scan, "single", 1)
  else if (char === '"') enter(scan, "double", 1)
  else if (char === "#" && /^$|[\s;&|()]/.test(source.charAt(at - 1))) comment(scan)
  else if (source.startsWith("<<<", at)) keep(scan, 3)
  else if (source.startsWith("<<", at)) heredoc(scan)
  else if (char === "\n" && scan.pending.length > 0) heredocBodies(scan)
  else if (char === "}" && frame.kind === "brace") leave(scan, 1)
  else if (char === ")" && frame.kind === "paren" && frame.depth === 0) leave(scan, 1)
  else {
    if (char === "(") frame.depth += 1
    else if (char === ")") frame.depth -= 1
    keep(scan, 1)
  }
}

const inside: Readonly<Record<Exclude<Kind, "single">, (scan: Scan, frame: Frame) => void>> = {
  top: inPlain,
  paren: inPlain,
  backtick: inPlain,
  brace: inPlain,
  double: inDouble,
  quoted_brace: inQuotedBrace,
  heredoc: (scan) => keep(scan, 1),
  arithmetic: inArithmetic,
}

/** Nothing in a comment is quoting; an expression in it is still replaced, to no effect. */
const comment = (scan: Scan): void => {
  while (scan.at < scan.source.length && scan.source[scan.at] !== "\n") {
    if (scan.source[scan.at] === mark) put(scan, scan.reference("double"), 1)
    else keep(scan, 1)
  }
}

/** Keeps the delimiter's word in a piece of its own, since a body may ask for another one. */
const heredoc = (scan: Scan): void => {
  const found = /^<<(-?)([ \t]*)((?:'[^']*'|"[^"]*"|\\.|[^\s'"\\;&|<>()])+)/.exec(
    scan.source.slice(scan.at, scan.at + 300),
  )
  if (!found) {
    keep(scan, 2)
    return
  }
  const [whole, tabs, , word = ""] = found
  if (word.includes(mark)) throw new ExpressionError("an expression can't be the end of a heredoc")
  keep(scan, whole.length - word.length)
  const literal = /['"\\]/.test(word)
  const delimiter = word.replaceAll(/\\(.)/g, "$1").replaceAll(/['"]/g, "")
  scan.pending.push({ delimiter, literal, tabs: tabs === "-", piece: scan.out.length })
  keep(scan, word.length)
}

const heredocBodies = (scan: Scan): void => {
  keep(scan, 1)
  for (const one of scan.pending.splice(0)) heredocBody(scan, one)
}

const heredocBody = (scan: Scan, one: Heredoc): void => {
  const rest = scan.source.slice(scan.at)
  const lines = rest.split("\n")
  const end = lines.findIndex((line) => (one.tabs ? line.replace(/^\t+/, "") : line) === one.delimiter)
  const body =
    end < 0
      ? rest
      : lines
          .slice(0, end)
          .map((line) => `${line}\n`)
          .join("")
  scan.at += body.length
  if (!one.literal) {
    scan.out.push(scanned(body, "heredoc", scan.reference))
    if (end >= 0) keep(scan, lines[end]?.length ?? 0)
    return
  }
  if (end < 0 || !body.includes(mark)) {
    scan.out.push(body)
    if (end >= 0) keep(scan, lines[end]?.length ?? 0)
    return
  }
  // A quoted heredoc expands nothing: it becomes an unquoted one whose own text is escaped.
  let delimiter = "WF_END"
  while (rest.includes(delimiter)) delimiter += "_"
  scan.out[one.piece] = delimiter
  const escaped = body.replaceAll(/[\\$`]/g, "\\$&")
  scan.out.push(escaped.split(mark).reduce((text, part) => text + scan.reference("double") + part))
  put(scan, delimiter, lines[end]?.length ?? 0)
}
