import type { Sql, Value } from "./database.ts"

const texts = new WeakMap<TemplateStringsArray, string>()

/** The text of a tagged statement with `$1 …` for its values; made once per place in the code. */
const textOf = (parts: TemplateStringsArray): string => {
  const known = texts.get(parts)
  if (known !== undefined) return known
  let text = parts[0] ?? ""
  for (let number = 1; number < parts.length; number += 1) text += `$${number}${parts[number]}`
  texts.set(parts, text)
  return text
}

type Sender = {
  readonly schema: string
  readonly execute: <Row extends object>(text: string, values: readonly Value[]) => Promise<readonly Row[]>
  readonly script: (text: string) => Promise<unknown>
  readonly last: <Row extends object>(text: string, values: readonly Value[]) => Promise<readonly Row[]>
  readonly afterCommit: (work: () => void) => void
}

/** The handle that work is given, over whatever sends its statements. */
export const sqlOver = ({ schema, execute, script, last, afterCommit }: Sender): Sql => {
  const tag = <Row extends object>(parts: TemplateStringsArray, ...values: readonly Value[]) =>
    execute<Row>(textOf(parts), values)
  return Object.assign(tag, {
    statement: execute,
    script: async (text: string) => {
      await script(text)
    },
    last: <Row extends object>(parts: TemplateStringsArray, ...values: readonly Value[]) =>
      last<Row>(textOf(parts), values),
    schema,
    afterCommit,
  })
}
