export type Kept<Value> = {
  get(key: string): Value | undefined
  keep(key: string, value: Value): void
}

export type KeptOptions<Value> = {
  readonly of: (value: Value) => number
  readonly max: number
  readonly max_size: number
}

/** What never changes and costs something to make, in memory; the oldest is forgotten first. */
export const createKept = <Value>({ of, max, max_size }: KeptOptions<Value>): Kept<Value> => {
  const values = new Map<string, Value>()
  let size = 0
  return {
    get: (key) => values.get(key),
    keep(key, value) {
      if (values.has(key)) return
      values.set(key, value)
      size += of(value)
      for (const [oldest, old] of values) {
        if (values.size <= max && size <= max_size) return
        values.delete(oldest)
        size -= of(old)
      }
    },
  }
}
