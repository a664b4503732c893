import { type Loop, loop } from "#kernel/service/loop.ts"
import type { Archive } from "./archive.ts"
import { cleanArchive } from "./retention/clean.ts"

const clean_ms = 600_000

export const metadataLoops = (archive: Archive): readonly Loop[] => [
  loop({
    ...{ name: "metadata.retention", round: cleanArchive(archive) },
    ...{ idle_ms: clean_ms, log: archive.log },
  }),
]
