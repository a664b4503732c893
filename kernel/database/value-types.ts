import type { PostgresType } from "postgres"

const unchanged = (text: string): string => text
const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value))
const timeText = (value: unknown): string => (value instanceof Date ? value.toISOString() : String(value))

/** An element of an array literal: quoted ones may hold anything, a bare NULL is null. */
const element = /"((?:[^"\\]|\\.)*)"|([^,{}]+)/g

const listOf =
  <Item>(item: (text: string) => Item) =>
  (literal: string): readonly (Item | null)[] => {
    const items: (Item | null)[] = []
    for (const [, quoted, bare] of literal.matchAll(element)) {
      if (quoted !== undefined) items.push(item(quoted.replaceAll(/\\(.)/gs, "$1")))
      else items.push(bare === "NULL" ? null : item(bare ?? ""))
    }
    return items
  }

/** Type numbers are PostgreSQL's own and never change; asking for them would cost a query per session. */
export const valueTypes: Record<string, PostgresType> = {
  json: { to: 114, from: [114, 3802], serialize: textOf, parse: (text: string) => JSON.parse(text) },
  date: { to: 1184, from: [1184], serialize: timeText, parse: (text: string) => new Date(text) },
  plainTime: { to: 1114, from: [1082, 1114], serialize: timeText, parse: unchanged },
  textList: {
    to: 1009,
    from: [1009, 1015, 1016, 1231, 2951],
    serialize: unchanged,
    parse: listOf(unchanged),
  },
  numberList: { to: 1007, from: [1005, 1007, 1021, 1022], serialize: unchanged, parse: listOf(Number) },
  booleanList: { to: 1000, from: [1000], serialize: unchanged, parse: listOf((text) => text === "t") },
  timeList: { to: 1185, from: [1185], serialize: unchanged, parse: listOf((text) => new Date(text)) },
  jsonList: { to: 199, from: [199, 3807], serialize: unchanged, parse: listOf((text) => JSON.parse(text)) },
}
