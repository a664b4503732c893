import { runService } from "#kernel/service/distributed.ts"
import { metadata } from "./service.ts"

await runService(metadata, process.env)
