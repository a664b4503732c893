import type { Consumer } from "#kernel/bus/bus.ts"
import type { Archive } from "./archive.ts"
import { recordEvents, recordedTopics } from "./execution/record.ts"

const max_batch = 200

export const metadataConsumers = (archive: Archive): readonly Consumer[] => [
  { group: "metadata", topics: recordedTopics, max_batch, handle: recordEvents(archive) },
]
