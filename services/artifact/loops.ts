import { type Loop, loop } from "#kernel/service/loop.ts"
import { takeArrivals } from "./artifact/arrive.ts"
import { expireArtifacts } from "./artifact/expire.ts"
import { sweepArtifacts } from "./artifact/sweep.ts"
import type { ArtifactStore } from "./store.ts"
import { expireOld } from "./workspace/retention.ts"

const sweep_ms = 10_000

/** Whoever asks for the files of a run finds what has come at once; this is for those who follow events. */
const arrive_ms = 5_000

const expire_ms = 600_000

export const artifactLoops = (store: ArtifactStore): readonly Loop[] => [
  loop({ name: "artifact.arrive", round: takeArrivals(store), idle_ms: arrive_ms, log: store.log }),
  loop({ name: "artifact.sweep", round: sweepArtifacts(store), idle_ms: sweep_ms, log: store.log }),
  loop({ name: "artifact.age", round: expireOld(store), idle_ms: expire_ms, log: store.log }),
  loop({ name: "artifact.expire", round: expireArtifacts(store), idle_ms: expire_ms, log: store.log }),
]
