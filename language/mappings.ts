export type Mapping = Readonly<Record<string, unknown>>

export const isMapping = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const mappingAt = (value: Mapping, key: string): Mapping => {
  const inner = Object.hasOwn(value, key) ? value[key] : undefined
  return isMapping(inner) ? inner : {}
}

export const keysOf = (value: unknown): string[] => (isMapping(value) ? Object.keys(value) : [])
