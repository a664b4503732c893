import { durationMs } from "#language/duration.ts"
import { Stopped } from "./attempt.ts"
import { createSession, type Session } from "./session.ts"
import { persist, type State } from "./state.ts"

const usual_heartbeat_ms = 5_000

/** Opens the worker, if it isn't. */
export const sessionOf = async (state: State): Promise<Session> => {
  if (state.session) return state.session
  state.opening ??= persist(state, { doing: "open", until: state.stopping.signal }, () =>
    state.api.open(state.wanted, state.stopping.signal),
  )
    .then(({ worker_id, heartbeat }) => createSession(worker_id, durationMs(heartbeat) ?? usual_heartbeat_ms))
    .finally(() => {
      state.opening = undefined
    })
  const session = await state.opening
  state.session ??= session
  return state.session
}

/** Others have what it held: that is stopped, and it goes on as a new one. */
export const forget = (state: State, lost: Session): void => {
  if (state.session !== lost) return
  state.session = undefined
  state.onTrouble({
    doing: "hold",
    error: new Error("The platform has given this worker's tasks to others."),
  })
  for (const { stop } of state.running.values())
    stop.abort(new Stopped("unwanted", "The task was given to another worker."))
}
