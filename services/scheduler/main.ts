import { runService } from "#kernel/service/distributed.ts"
import { scheduler } from "./service.ts"

await runService(scheduler, process.env)
