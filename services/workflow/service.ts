import { service } from "#kernel/service/service.ts"
import { SchedulerService } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import { workflowConfig } from "./config.ts"
import { workflowHttp } from "./http.ts"

export const workflow = service({
  name: "workflow",
  config: workflowConfig,
  needs: ["database"],
  calls: ["iam", "scheduler"],
  migrations: new URL("./migrations", import.meta.url).pathname,
  start: (platform) => {
    const { database, kit, call } = platform
    const scheduler = call("scheduler", SchedulerService)
    return { http: workflowHttp({ database, kit, scheduler }, { ...platform, service: "workflow" }) }
  },
})
