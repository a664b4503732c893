import type { Consumer } from "#kernel/bus/bus.ts"
import type { Archive } from "./archive.ts"
import { jobTopics } from "./execution/of-job.ts"
import { recordEvents, recordedTopics, recordJobs } from "./execution/record.ts"

/** A short task begins and ends in one batch then, and is written once: that is half as much work for each. */
const together = { max_batch: 1_000, linger_ms: 100 } as const

/** Where more runs end than can be written down beside them, they go first. */
const ofRuns = { ...together, yields: { share: 0.1, max_late_ms: 10_000 } } as const

/** Jobs may come by the ten thousands a second: what they do goes first, and that it was done is written behind it. */
const ofJobs = { max_batch: 1_000, linger_ms: 500, yields: { share: 0.05, max_late_ms: 30_000 } } as const

export const metadataConsumers = (archive: Archive): readonly Consumer[] => [
  { group: "metadata", topics: recordedTopics, ...ofRuns, handle: recordEvents(archive) },
  { group: "metadata.jobs", topics: jobTopics, ...ofJobs, handle: recordJobs(archive) },
]
