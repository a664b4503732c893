/** What was kept last, at most so much: forgets what was not kept for the longest time. */
export type Recent<Value> = {
  get(id: string): Value | undefined
  keep(id: string, value: Value): void
  forget(id: string): void
}

export const recent = <Value>(max: number): Recent<Value> => {
  const kept = new Map<string, Value>()
  return {
    get: (id) => kept.get(id),
    keep(id, value) {
      kept.delete(id)
      const oldest = kept.keys().next()
      if (kept.size >= max && !oldest.done) kept.delete(oldest.value)
      kept.set(id, value)
    },
    forget(id) {
      kept.delete(id)
    },
  }
}
