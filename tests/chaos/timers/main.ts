import { schedulerLoops } from "#services/scheduler/loops.ts"
import { openEngine } from "./engine.ts"

const keep_days = 30

/** A scheduler that fires timers and sweeps until it is killed, or until who started it is gone. */
const engine = openEngine(process.argv[2] ?? "", `scheduler ${process.pid}`)
for (const loop of schedulerLoops(engine, keep_days)) loop.start()
process.stdin.resume().on("end", () => process.exit(0))
process.stdout.write("ready\n")
