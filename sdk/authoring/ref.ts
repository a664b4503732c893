declare const yielded: unique symbol
const expression = Symbol.for("wf.expression")

/** Something that yields such a value in the run. */
export type Yields<Value = unknown> = { readonly [yielded]: Value; toString(): string }

/** What will be there in the run. In a text it is `${{ … }}`; what is inside of it is referred to by its keys. */
export type Ref<Value = unknown> = Yields<Value> & Inside<Value>

/** Of what isn't known everything may be asked for. */
type Inside<Value> = [Value] extends [never]
  ? AnyInside
  : unknown extends Value
    ? AnyInside
    : KnownInside<NonNullable<Value>>

type KnownInside<Value> = Value extends readonly (infer Item)[]
  ? { readonly [index: number]: Ref<Item> }
  : Value extends object
    ? { readonly [Key in keyof Value & string]-?: Ref<Value[Key]> }
    : unknown

type AnyInside = { readonly [key: string]: Ref }

const plain_key = /^[A-Za-z_][A-Za-z0-9_]*$/

const within = (path: string, key: string): string => {
  if (/^\d+$/.test(key)) return `${path}[${key}]`
  return plain_key.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`
}

const written = (text: string): string => `\${{ ${text} }}`

/** The expression of a reference; undefined for anything else. */
export const expressionOf = (value: unknown): string | undefined => {
  if (typeof value !== "object" || value === null) return undefined
  const text: unknown = Reflect.get(value, expression)
  return typeof text === "string" ? text : undefined
}

const textKeys: ReadonlySet<string | symbol> = new Set(["toString", "toJSON", "valueOf"])

/** A comparison or a loop would go by what isn't there yet, and make a workflow that nobody meant. */
const unknownYet = (text: string, instead: string): never => {
  throw new TypeError(`\`${text}\` has no value before the run: ${instead}`)
}

const asPrimitive = (text: string) => (hint: string) =>
  hint === "number" ? unknownYet(text, "compare and count in expr`…`") : written(text)

export const ref = <Value>(text: string): Ref<Value> =>
  new Proxy(Object.freeze({}), {
    get(_, key) {
      if (key === expression) return text
      if (textKeys.has(key)) return () => written(text)
      if (key === Symbol.toPrimitive) return asPrimitive(text)
      if (key === Symbol.iterator) return unknownYet(text, "a task for each of its values is `each(…)`")
      return typeof key === "string" ? ref(within(text, key)) : undefined
    },
  }) as Ref<Value>

/** A name that isn't simple, or isn't a reference alone, stands in brackets. */
const operand = (value: unknown): string => {
  const text = expressionOf(value)
  if (text === undefined) return JSON.stringify(value) ?? "null"
  return /^[\w.[\]"-]+$/.test(text) ? text : `(${text})`
}

/**
 * An expression around references and values: expr`${tasks.count.outputs.rows} > ${10}`. Values are written as
 * literals, so that no text becomes a part of the expression.
 */
export const expr = <Value = never>(texts: TemplateStringsArray, ...values: readonly unknown[]): Ref<Value> =>
  ref(texts.reduce((text, next, index) => `${text}${operand(values[index - 1])}${next}`))
