import type { Documents } from "#kernel/documents/documents.ts"
import { createFlights } from "#kernel/service/flights.ts"
import type { RunSignal } from "./signal.ts"

export type Look = Documents["find"]

/**
 * Reads the store; those who ask for the same at once share one read and its answer, which nobody changes. A fire
 * in between begins a new one, so that nobody is given what was read before the news that woke them.
 */
export const sharedLook = (documents: Documents, moved: RunSignal): Look => {
  const shared = createFlights<Awaited<ReturnType<Look>>>()
  return (collection, query) => {
    const key = `${moved.generation()} ${collection.name} ${JSON.stringify(query)}`
    return shared(key, () => documents.find(collection, query))
  }
}
