import { runService } from "#kernel/service/distributed.ts"
import { notification } from "./service.ts"

await runService(notification, process.env)
