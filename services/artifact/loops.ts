import { type Loop, loop } from "#kernel/service/loop.ts"
import { sweepArtifacts } from "./artifact/sweep.ts"
import type { ArtifactStore } from "./store.ts"

const sweep_ms = 60_000

export const artifactLoops = (store: ArtifactStore): readonly Loop[] => [
  loop({ name: "artifact.sweep", round: sweepArtifacts(store), idle_ms: sweep_ms, log: store.log }),
]
