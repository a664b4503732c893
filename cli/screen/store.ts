export type Store<State, Change> = {
  subscribe(listener: () => void): () => void
  state(): State
  change(change: Change): void
}

/** A state that is changed by its reducer alone, and tells who shows it. */
export const storeOf = <State, Change>(
  first: State,
  reduce: (state: State, change: Change) => State,
): Store<State, Change> => {
  let state = first
  const listeners = new Set<() => void>()
  return {
    state: () => state,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    change(change) {
      state = reduce(state, change)
      for (const listener of listeners) listener()
    },
  }
}
