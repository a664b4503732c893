import { silentLog } from "#kernel/telemetry/log.ts"
import { busSuite } from "./bus.suite.ts"
import { embeddedBus } from "./embedded.ts"

busSuite(async () => ({ openBus: () => embeddedBus({ log: silentLog }) }))
