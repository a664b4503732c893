type Listener = (topics: readonly string[] | undefined) => void

// Shared by the whole process, so that `emit` needs nothing but the transaction. It carries hints only: one that is
// meant for another database of the same schema name costs an empty read, and a lost one is made good by the poll.
const listeners = new Map<string, Set<Listener>>()

/** Tells the readers of a schema's outbox that it has something new. */
export const nudge = (schema: string, topics?: readonly string[]) => {
  for (const listener of listeners.get(schema) ?? []) listener(topics)
}

/** Answers the function that ends the listening. */
export const onNudge = (schema: string, listener: Listener): (() => void) => {
  const those = listeners.get(schema) ?? new Set()
  listeners.set(schema, those.add(listener))
  return () => {
    those.delete(listener)
    if (those.size === 0 && listeners.get(schema) === those) listeners.delete(schema)
  }
}
