import { limits } from "./limits.ts"

type Part =
  | { readonly text: string }
  /** `offset` is where the expression begins in the template, after its `${{`. */
  | { readonly expression: string; readonly offset: number }

type Template =
  | { readonly ok: true; readonly parts: readonly Part[] }
  | { readonly ok: false; readonly message: string; readonly offset: number }

/** Splits at `${{ … }}`. `$${{` stands for a literal `${{`. */
export const splitTemplate = (text: string): Template => {
  const parts: Part[] = []
  let plain = ""
  let expressions = 0
  let from = 0
  for (let open = text.indexOf("${{"); open >= 0; open = text.indexOf("${{", from)) {
    if (text[open - 1] === "$" && open > from) {
      plain += `${text.slice(from, open - 1)}\${{`
      from = open + 3
      continue
    }
    const start = open + 3
    const close = closing(text, start)
    if (close < 0) return { ok: false, message: "`${{` is never closed by `}}`", offset: open }
    expressions += 1
    if (expressions > limits.max_expressions) {
      return { ok: false, message: `there are at most ${limits.max_expressions} expressions`, offset: open }
    }
    plain += text.slice(from, open)
    if (plain !== "") parts.push({ text: plain })
    plain = ""
    parts.push({ expression: text.slice(start, close), offset: start })
    from = close + 2
  }
  plain += text.slice(from)
  if (plain !== "") parts.push({ text: plain })
  return { ok: true, parts }
}

/** Braces and quotes of the expression itself don't end it: `${{ {"a": {"b": 1}}.a }}`. */
const closing = (text: string, start: number): number => {
  let depth = 0
  let quote = ""
  for (let at = start; at < text.length; at++) {
    const char = text.charAt(at)
    if (quote !== "") {
      if (char === "\\") at += 1
      else if (char === quote) quote = ""
      continue
    }
    if (char === '"' || char === "'") quote = char
    else if (char === "{") depth += 1
    else if (char === "}" && depth > 0) depth -= 1
    else if (char === "}" && text[at + 1] === "}") return at
  }
  return -1
}

/** The one expression that a text is, with or without its `${{ }}`; undefined if it is something else. */
export const bareExpression = (text: string): string | undefined => {
  const trimmed = text.trim()
  if (!trimmed.includes("${{")) return trimmed
  const split = splitTemplate(trimmed)
  const [only, ...more] = split.ok ? split.parts : []
  return only && "expression" in only && more.length === 0 ? only.expression : undefined
}
