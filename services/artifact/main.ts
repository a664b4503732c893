import { runService } from "#kernel/service/distributed.ts"
import { artifact } from "./service.ts"

await runService(artifact, process.env)
