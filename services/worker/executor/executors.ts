import type { z } from "zod"
import { resolveByDns } from "#kernel/outbound/call.ts"
import { createPolicy } from "#kernel/outbound/policy.ts"
import type { Kit } from "#kernel/service/kit.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import type { InlineType, ProcessType } from "#language/slots.ts"
import type { ClaimedFolder } from "../attempt/folders.ts"
import { limitsFrom, type workerConfig } from "../config.ts"
import { clearContainers } from "../container/clear.ts"
import { guardContainers } from "../container/guard.ts"
import { findTool } from "../container/tool.ts"
import { clearCgroups, openCgroups } from "../process/cgroup.ts"
import { markedFamilies } from "../process/marked.ts"
import { startReaper } from "../process/reaper.ts"
import { container } from "./container.ts"
import type { Executor } from "./executor.ts"
import { inlineExecutors } from "./inline.ts"
import type { Notify } from "./notify.ts"
import { script } from "./script.ts"
import { shell } from "./shell.ts"

export type Executors = {
  readonly by_type: Readonly<Record<InlineType | ProcessType, Executor>>
  /** Those that work here at this moment. */
  types(): Promise<readonly string[]>
  close(): Promise<void>
}

export type ExecutorsOptions = {
  readonly config: z.output<typeof workerConfig>
  readonly kit: Kit
  readonly log: Log
  readonly worker_id: string
  readonly claimed: Pick<ClaimedFolder, "folder" | "gone">
  readonly tell: Notify
}

const max_look_ms = 1_000

/** All that this worker can run, and what these stand on; what workers that are gone have left is ended first. */
export const createExecutors = ({
  config,
  kit,
  log,
  worker_id,
  claimed,
  tell,
}: ExecutorsOptions): Executors => {
  clearCgroups(claimed.gone)
  const families = openCgroups(worker_id) ?? markedFamilies
  const reaper = startReaper({ cgroup: families.cgroup, folder: claimed.folder })
  const tool = findTool(config.WF_WORKER_CONTAINERS)
  void clearContainers(tool, claimed.gone).catch((error: unknown) =>
    log.warn({ event: "containers.not_cleared", error }),
  )
  const guard = guardContainers(worker_id)
  const ground = { reaper, families, limits: limitsFrom(config) }
  const settings = { allow: "WF_WORKER_HTTP_ALLOW", only: "WF_WORKER_HTTP_ONLY" }
  const { WF_WORKER_HTTP_ALLOW: allow, WF_WORKER_HTTP_ONLY: only } = config
  const policy = createPolicy({ settings, allow, only })
  const by_type: Executors["by_type"] = {
    shell: shell(ground),
    script: script(ground),
    container: container({ ...ground, worker_id, tool, guard }),
    ...inlineExecutors({ ...kit, outbound: { policy, resolve: resolveByDns }, tell }),
  }
  return {
    by_type,
    async types() {
      // A daemon that hangs keeps nobody from what else there is.
      const ok = await Promise.race([
        tool().then((found) => found.ok),
        Bun.sleep(max_look_ms).then(() => false),
      ])
      return Object.keys(by_type).filter((type) => type !== "container" || ok)
    },
    async close() {
      await reaper.stop()
      await guard.stop()
      families.close()
    },
  }
}
