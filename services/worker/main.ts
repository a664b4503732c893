import { runService } from "#kernel/service/distributed.ts"
import { worker } from "./service.ts"

await runService(worker, process.env)
