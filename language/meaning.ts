import type { Call } from "./calls.ts"
import { type Check, type Checked, readExpression, signatures } from "./cel.ts"
import { ExpressionError } from "./expression-error.ts"
import type { Fault, Path } from "./fault.ts"
import { limits } from "./limits.ts"
import type { Place } from "./places.ts"
import { type Finding, type Known, meaningOf } from "./reference-faults.ts"
import { bareExpression, splitTemplate } from "./template.ts"

/** What the expressions of a definition may name, and what types that has. */
export type Names = Known & { readonly check: Check }

/** One text with expressions: where it is, and what they may read there. */
type Text = { readonly text: string; readonly path: Path; readonly place: Place }

/** Everything that can be known about a text's expressions before anything runs. */
export const textFaults = ({ text, path, place }: Text, names: Names): Fault[] => {
  if (place.form !== "template") return singleFaults({ text, path, place }, names)
  const split = splitTemplate(text)
  if (!split.ok) return [{ path, message: split.message }]
  const faults: Fault[] = []
  let expression = 0
  for (const part of split.parts) {
    if ("text" in part) continue
    const index = expression
    const found = expressionFindings(part.expression, { place, names })
    faults.push(...found.map((one) => placed(one, path, index)))
    expression += 1
  }
  return faults
}

const wanted = { condition: ["bool", "true or false"], list: ["list", "a list"] } as const

/** Where there is one expression and nothing else: a condition with or without its `${{ }}`. */
const singleFaults = ({ text, path, place }: Text, names: Names): Fault[] => {
  const key = place.form === "condition" ? "if" : String(path.at(-1))
  const single = bareExpression(text)
  if (single === undefined || (place.form === "list" && !text.includes("${{"))) {
    return [{ path, message: `\`${key}\` is one expression, without text around it` }]
  }
  const found = expressionFindings(single, { place, names })
  const index = text.includes("${{") ? 0 : -1
  if (found.length > 0) return found.map((one) => placed(one, path, index))
  const checked = names.check(single)
  const [type, words] = wanted[place.form === "list" ? "list" : "condition"]
  if (!checked.ok || checked.type === "dyn" || checked.type.replace(/<.*/, "") === type) return []
  return [{ path, message: `\`${key}\` needs ${words}, and this is ${nounOf(checked.type)}` }]
}

type Located = Finding & { readonly offset: number }

const placed = ({ offset, ...finding }: Located, path: Path, expression: number): Fault => ({
  ...finding,
  path,
  spot: { expression, offset },
})

type Around = { readonly place: Place; readonly names: Names }

const expressionFindings = (source: string, { place, names }: Around): Located[] => {
  try {
    const { references, calls } = readExpression(source)
    const found: Located[] = []
    for (const reference of references) {
      const finding = meaningOf(reference, place, names)
      if (finding) found.push({ ...finding, offset: reference.offset })
    }
    for (const call of calls) found.push(...callFindings(call, place))
    if (found.length > 0) return found
    return typeFindings(names.check(source), calls)
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    const hint = error.message.endsWith("Unexpected character: =") ? "; `==` compares" : ""
    return [{ message: `this is no valid expression: ${error.message}${hint}`, offset: error.offset }]
  }
}

/** Functions in the conditions of other tools. */
const outcomes: ReadonlySet<string> = new Set(["success", "failure", "always"])

const timely: ReadonlySet<string> = new Set(["now", "today"])

const callFindings = ({ name, offset }: Call, { knows_time }: Place): Located[] => {
  if (!signatures.has(name)) {
    const message = `unknown function \`${name.slice(0, 100)}\``
    if (outcomes.has(name)) return [{ message: `${message}; a task has \`when: ${name}\` for that`, offset }]
    return [{ message, word: name, known: signatures.keys(), offset }]
  }
  if (knows_time || !timely.has(name)) return []
  return [{ message: `\`${name}\` can't be called here: this is evaluated again, at other times`, offset }]
}

/** The library names the types that don't go together; what there is instead helps more. */
const typeFindings = (checked: Checked, calls: readonly Call[]): Located[] => {
  if (checked.ok) return []
  const { message, offset } = checked.error
  const name = /no matching overload for '(?:[^']*[.>])?(\w+)\(/.exec(message)?.[1]
  const known =
    name !== undefined && calls.some((call) => call.name === name) ? signatures.get(name) : undefined
  if (known) return [{ message: `${message}; there is ${known.slice(0, 6).map(shown).join(", ")}`, offset }]
  const indexed = /^Cannot index type '([\w<>, ]+)'/.exec(message)?.[1]
  if (indexed !== undefined) return [{ message: `${nounOf(indexed)} has no fields`, offset }]
  const isMixed =
    /no such overload: (?:string [-+*/<>=!]+ (?:int|double)|(?:int|double) [-+*/<>=!]+ string)/.test(message)
  return [
    { message: isMixed ? `${message}; convert one with string(…), int(…) or double(…)` : message, offset },
  ]
}

const shown = (signature: string): string =>
  `\`${signature.replaceAll("google.protobuf.", "").replaceAll("<dyn>", "")}\``

const nouns: Readonly<Record<string, string>> = {
  string: "text",
  int: "a whole number",
  double: "a number",
  bool: "true or false",
  list: "a list",
  map: "a mapping",
  null: "null",
}

const nounOf = (type: string): string =>
  nouns[type.replace(/<.*/, "")] ?? type.slice(0, limits.max_name_chars)
