import { type Loop, loop } from "#kernel/service/loop.ts"
import type { Archive } from "./archive.ts"
import { cleanArchive } from "./retention/clean.ts"

const clean_ms = 600_000

export const metadataLoops = (archive: Archive, keep_days: number): readonly Loop[] => [
  loop({
    ...{ name: "metadata.retention", round: cleanArchive(archive, keep_days) },
    ...{ idle_ms: clean_ms, log: archive.log },
  }),
]
