import type { Routes } from "#kernel/rpc/server.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { SchedulerService } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import type { Engine } from "./engine.ts"
import { heartbeat_ms, lease_ms } from "./engine.ts"
import { readRun, readTaskRuns } from "./run/read.ts"
import { startRuns } from "./run/start.ts"
import { startOf, startedMessage } from "./run/message.ts"
import { closeSession } from "./session/close.ts"
import { heartbeat } from "./session/heartbeat.ts"
import { openSession } from "./session/open.ts"
import { attemptMessage, settlementOf } from "./task/message.ts"
import { parkedClaim } from "./task/park.ts"
import { reportTasks } from "./task/report.ts"

/** The engine's door for the platform's own services. */
export const schedulerRpc = (engine: Engine): Routes => {
  const start = startRuns(engine)
  const open = openSession(engine)
  const close = closeSession(engine)
  const claim = parkedClaim(engine)
  const beat = heartbeat(engine)
  const report = reportTasks(engine)
  return (router) =>
    router.service(SchedulerService, {
      async startRuns({ runs }) {
        const started = await start(runs.map(startOf))
        return { runs: started.map(startedMessage) }
      },
      async getRun({ workspace_id, run_id }) {
        const run = await engine.database.run(async (sql) => {
          const found = await readRun(sql, workspace_id, run_id)
          return found && { ...found, tasks: await readTaskRuns(sql, run_id) }
        })
        if (!run) throw new Problem("run.not_found")
        return { run_json: JSON.stringify(run) }
      },
      async openSession({ session_id, name, queues, slots }) {
        await open({ session_id, name, queues, slots })
        return { lease_ms, heartbeat_ms }
      },
      async closeSession({ session_id }) {
        await close(session_id)
        return {}
      },
      async claim({ session_id, max_tasks, wait_ms }, context) {
        const attempts = await claim({ session_id, max_tasks, wait_ms, signal: context.signal })
        return { attempts: attempts.map(attemptMessage) }
      },
      async heartbeat({ session_id, held, last_token }) {
        const stop = await beat({
          session_id,
          held: held.map(({ task_run_id, token }) => ({ task_run_id, token: String(token) })),
          last_token: String(last_token),
        })
        return { stop: stop.map(({ task_run_id, token }) => ({ task_run_id, token: BigInt(token) })) }
      },
      async report({ session_id, results, max_tasks }) {
        const { verdicts, attempts } = await report({ session_id, max_tasks, settlements: results.map(settlementOf) })
        return {
          reported: results.map(({ task_run_id, token }, index) => ({
            task_run_id,
            token,
            verdict: verdicts[index]?.verdict ?? "stale",
          })),
          attempts: attempts.map(attemptMessage),
        }
      },
    })
}
