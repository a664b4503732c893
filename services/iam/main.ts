import { runService } from "#kernel/service/distributed.ts"
import { iam } from "./service.ts"

await runService(iam, process.env)
