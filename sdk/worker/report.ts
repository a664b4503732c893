import type { Attempt } from "./api.ts"
import { runAttempt } from "./attempt.ts"
import { isGone, isUnreadable } from "./errors.ts"
import { failure } from "./outcome.ts"
import { keyOf, type Session } from "./session.ts"
import { forget } from "./session-of.ts"
import { type Done, give, persist, type State } from "./state.ts"

const max_results = 50
const max_result_bytes = 2 * 1024 * 1024

/** Each has taken its slot already. */
export const begin = (state: State, session: Session, attempts: readonly Attempt[]): void => {
  for (const attempt of attempts) {
    const stop = new AbortController()
    state.running.set(keyOf(attempt), { attempt, stop })
    const { api, shipper, work } = state
    const own = work.get(`${attempt.kind} ${attempt.name}`)
    const running = { api, shipper, stop, work: own, worker_id: session.worker_id }
    void runAttempt(attempt, running).then((result) => {
      state.running.delete(keyOf(attempt))
      state.done.push({ attempt, result, session })
      reportAll(state)
    })
  }
}

const reportAll = (state: State): void => {
  state.reporting ??= (async () => {
    // What ends in the same turn goes into the same report.
    await new Promise((resolve) => setTimeout(resolve, 0))
    while (state.done.length > 0) await reportSome(state, takeSome(state.done))
  })().finally(() => {
    state.reporting = undefined
    if (state.done.length > 0) reportAll(state)
  })
}

/** Of one session, and no more than fits into a request. */
const takeSome = (done: Done[]): readonly Done[] => {
  const session = done[0]?.session
  let [count, bytes] = [0, 0]
  for (const one of done) {
    bytes += JSON.stringify(one.result).length
    if (one.session !== session || count === max_results || (count > 0 && bytes > max_result_bytes)) break
    count += 1
  }
  return done.splice(0, count)
}

const reportSome = async (state: State, batch: readonly Done[]): Promise<void> => {
  const [first] = batch
  if (!first) return
  const { session } = first
  const { worker_id } = session
  const wants = state.session === session && !state.stopping.signal.aborted
  const results = batch.map(({ result }) => result)
  const report = { worker_id, results, max_tasks: wants ? batch.length : 0 }
  let next: readonly Attempt[] = []
  try {
    const send = () =>
      session.claiming(
        () => state.api.report(report),
        ({ attempts }) => attempts,
      )
    next = (await persist(state, { doing: "report", until: state.over.signal }, send)).attempts
  } catch (error) {
    if (isGone(error)) forget(state, session)
    else if (isUnreadable(error)) state.done.push(...batch.map(asRefused))
    else state.onTrouble({ doing: "report", error })
    if (isUnreadable(error)) return
  }
  for (const { attempt } of batch) session.settled(attempt)
  // Those that came with the answer take the slots of those that ended.
  give(state, batch.length - next.length)
  begin(state, session, next)
}

/** Its task has failed rather than hang in its worker for ever; that can be said in any case. */
const asRefused = ({ attempt, session, result }: Done): Done => ({
  ...{ attempt, session },
  result: {
    ...{ task_run_id: result.task_run_id, token: result.token, log_chunks: result.log_chunks },
    non_retryable: true,
    ...failure("result.refused", "The platform doesn't take what the function answered.", true),
  },
})
