import type { Consumer } from "#kernel/bus/bus.ts"
import type { Archive } from "./archive.ts"
import { recordEvents, recordedTopics } from "./execution/record.ts"

const max_batch = 200
/** A short task begins and ends in one batch then, and is written once. */
const linger_ms = 100

export const metadataConsumers = (archive: Archive): readonly Consumer[] => [
  { group: "metadata", topics: recordedTopics, max_batch, linger_ms, handle: recordEvents(archive) },
]
