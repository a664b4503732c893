import { Stopped } from "./attempt.ts"
import { isGone } from "./errors.ts"
import { begin } from "./report.ts"
import { keyOf, type Session } from "./session.ts"
import { forget, sessionOf } from "./session-of.ts"
import { give, persist, type State } from "./state.ts"

/** Shorter than what stands between may cut off. */
const wait = "20s"

/** Asks for work while there is room; throws what the platform refuses for good, such as a token that isn't valid. */
export const claimAll = async (state: State): Promise<void> => {
  const { signal } = state.stopping
  while (!signal.aborted) {
    try {
      await persist(state, { doing: "claim", until: signal }, () => claimOnce(state))
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
}

const claimOnce = async (state: State): Promise<void> => {
  const session = await sessionOf(state)
  await someSlot(state)
  const { signal } = state.stopping
  const max_tasks = state.wanted.slots - state.taken
  if (signal.aborted || max_tasks <= 0 || state.session !== session) return
  state.taken += max_tasks
  let brought = 0
  try {
    const { worker_id } = session
    const ask = () => state.api.claim({ worker_id, max_tasks, wait }, signal)
    const { items } = await session.claiming(ask, (answer) => answer.items)
    brought = items.length
    begin(state, session, items)
    // A claim that is asked to come back early brings news of what is to stop.
    if (items.length === 0) await beat(state, session)
  } catch (error) {
    if (!isGone(error)) throw error
    forget(state, session)
  } finally {
    give(state, max_tasks - brought)
  }
}

const someSlot = async (state: State): Promise<void> => {
  const { signal } = state.stopping
  while (state.taken >= state.wanted.slots && !signal.aborted) {
    await new Promise<void>((resolve) => {
      state.wake = resolve
    })
  }
}

/** Says that it lives and what it has, and stops what isn't wanted any more. */
export const beat = async (state: State, session: Session): Promise<void> => {
  const { worker_id } = session
  const held = session.held()
  try {
    const draining = state.stopping.signal.aborted
    const { stop } = await state.api.heartbeat({ worker_id, held, last_token: session.lastToken(), draining })
    for (const unwanted of stop)
      state.running
        .get(keyOf(unwanted))
        ?.stop.abort(new Stopped("unwanted", "The task is not wanted any more."))
  } catch (error) {
    if (isGone(error)) forget(state, session)
    else state.onTrouble({ doing: "heartbeat", error })
  }
}
