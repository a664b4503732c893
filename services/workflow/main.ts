import { runService } from "#kernel/service/distributed.ts"
import { workflow } from "./service.ts"

await runService(workflow, process.env)
