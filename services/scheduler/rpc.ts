import type { HandlerContext } from "@connectrpc/connect"
import { isDirect } from "#kernel/rpc/direct.ts"
import type { Routes } from "#kernel/rpc/server.ts"
import { type OpenSessionRequest, SchedulerService } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import type { Engine } from "./engine.ts"
import { heartbeat_ms, lease_ms } from "./engine.ts"
import { refreshLanes } from "./lane/refresh.ts"
import { startedMessage, startOf } from "./run/message.ts"
import { runRpc } from "./run/rpc.ts"
import { startRuns } from "./run/start.ts"
import { closeSession } from "./session/close.ts"
import { heartbeat } from "./session/heartbeat.ts"
import { type OpenSession, openSession } from "./session/open.ts"
import { checkRpc } from "./task/check.ts"
import { attemptAtHand, attemptMessage, reportedMessage, settlementOf } from "./task/message.ts"
import { parkedClaim } from "./task/park.ts"
import { reportTasks } from "./task/report.ts"

/** The engine's door for the platform's own services; what proto/ opens to users is in `run/rpc.ts`. */
export const schedulerRpc = (engine: Engine): Routes => {
  const start = startRuns(engine)
  const open = openSession(engine)
  const close = closeSession(engine)
  const refresh = refreshLanes(engine)
  const claim = parkedClaim(engine, refresh)
  const beat = heartbeat(engine)
  const report = reportTasks(engine)
  return (router) =>
    router.service(SchedulerService, {
      async startRuns({ runs }) {
        const started = await start(runs.map(startOf))
        return { runs: started.map(startedMessage) }
      },
      ...runRpc(engine),
      ...checkRpc(engine),
      async openSession(request) {
        await open(sessionOf(request))
        return { leaseMs: lease_ms, heartbeatMs: heartbeat_ms }
      },
      async closeSession({ sessionId }) {
        await close(sessionId)
        return {}
      },
      async claim({ sessionId, maxTasks, maxInline, waitMs }, context) {
        const { signal } = context
        const room = { process: maxTasks, inline: maxInline, remote: 0 }
        const attempts = await claim({ session_id: sessionId, room, wait_ms: waitMs, signal })
        return { attempts: attempts.map(messageFor(context)) }
      },
      async heartbeat({ sessionId, held, lastToken, draining }) {
        const listed = held.map(({ taskRunId, token }) => ({ task_run_id: taskRunId, token: String(token) }))
        const stop = await beat({
          session_id: sessionId,
          held: listed,
          last_token: String(lastToken),
          draining,
        })
        return {
          stop: stop.map(({ task_run_id, token }) => ({ taskRunId: task_run_id, token: BigInt(token) })),
        }
      },
      async report({ sessionId, results, maxTasks, maxInline }, context) {
        const settlements = results.map(settlementOf)
        // What is handed over goes by what was set for its queue.
        await refresh()
        const { verdicts, attempts } = await report({
          session_id: sessionId,
          room: { process: maxTasks, inline: maxInline, remote: 0 },
          settlements,
        })
        const reported = results.map((result, index) => reportedMessage(result, verdicts[index]))
        return { reported, attempts: attempts.map(messageFor(context)) }
      },
    })
}

const messageFor = (context: HandlerContext) => (isDirect(context) ? attemptAtHand : attemptMessage)

const sessionOf = ({ sessionId, inlineSlots, ...rest }: OpenSessionRequest): OpenSession => {
  const { name, queues, slots, labels, types } = rest
  return { session_id: sessionId, inline_slots: inlineSlots, name, queues, slots, labels, types }
}
