import { Problem } from "#kernel/problem/problem.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import type { SessionLost } from "./failure.ts"
import { openSession, type Session, type SessionSettings } from "./session.ts"
import { waitingLine } from "./waiting-line.ts"

export type SessionPoolOptions = SessionSettings & {
  readonly max_sessions: number
  readonly max_waiting: number
  /** How long a caller waits for a session before it is told that the platform is busy. */
  readonly wait_ms: number
  readonly close_ms: number
  readonly log: Log
  readonly random: () => number
}

/** Of the pool's sessions: how many there are, how many are lent, how many callers wait for one. */
export type Usage = { readonly sessions: number; readonly lent: number; readonly waiting: number }

/** Lends sessions, each to one holder at a time. */
export type SessionPool = {
  readonly wait_ms: number
  lend(): Promise<Session>
  takeBack(session: Session): void
  usage(): Usage
  close(): Promise<void>
}

const min_backoff_ms = 50
const max_backoff_ms = 1_000

/** Opens sessions while callers wait; rests, longer each time, while PostgreSQL can't be reached. */
const opener = (options: SessionPoolOptions, opened: (session: Session) => void, retry: () => void) => {
  let opening = 0
  let failures = 0
  let failure: unknown
  let rest: ReturnType<typeof setTimeout> | undefined

  const backOff = (error: unknown) => {
    failures += 1
    failure = error
    options.log.warn({ event: "database.connect_failed", failures, error })
    if (rest !== undefined) return
    const longest_ms = Math.min(min_backoff_ms * 2 ** Math.min(failures, 10), max_backoff_ms)
    const rest_ms = longest_ms * (0.5 + options.random() / 2)
    rest = setTimeout(() => {
      rest = undefined
      retry()
    }, rest_ms)
  }

  return {
    opening: () => opening,
    resting: () => rest !== undefined,
    failure: () => failure,
    open() {
      opening += 1
      const done = openSession(options)
      done.then(
        (session) => {
          opening -= 1
          failures = 0
          failure = undefined
          opened(session)
        },
        (error: unknown) => {
          opening -= 1
          backOff(error)
        },
      )
    },
    stop: () => clearTimeout(rest),
  }
}

const refusalFor = (failure: unknown, wait_ms: number): Problem =>
  failure === undefined
    ? new Problem("platform.busy", { detail: `No session became free in ${wait_ms} ms`, retry_after_s: 1 })
    : new Problem("platform.unavailable", {
        detail: "PostgreSQL can't be reached",
        retry_after_s: 1,
        cause: failure,
      })

export const sessionPool = (options: SessionPoolOptions): SessionPool => {
  const { wait_ms, max_waiting, max_sessions, log } = options
  const sessions = new Set<Session>()
  /** The one used last is lent first: its plans are warm. */
  const idle: Session[] = []
  const empty = Promise.withResolvers<void>()
  let closing: Promise<void> | undefined

  const grow = () => {
    if (closing) return
    while (
      !connecting.resting() &&
      connecting.opening() < line.length &&
      sessions.size + connecting.opening() < max_sessions
    ) {
      connecting.open()
    }
  }

  const forget = (session: Session, lost: SessionLost) => {
    if (!sessions.delete(session)) return
    const place = idle.indexOf(session)
    if (place >= 0) idle.splice(place, 1)
    if (!closing) log.warn({ event: "database.session_lost", error: lost.cause })
    if (closing && sessions.size === 0) empty.resolve()
    grow()
  }

  const takeBack = (session: Session) => {
    if (session.lost) {
      forget(session, session.lost)
      return
    }
    session.watch((lost) => forget(session, lost))
    if (closing) session.end()
    else if (!line.give(session)) idle.push(session)
  }

  const line = waitingLine<Session>({
    wait_ms,
    max_waiting,
    refusal: () => refusalFor(sessions.size === 0 ? connecting.failure() : undefined, wait_ms),
  })
  const connecting = opener(
    options,
    (session) => {
      sessions.add(session)
      takeBack(session)
    },
    grow,
  )

  const shut = async () => {
    connecting.stop()
    line.refuseAll()
    for (const session of [...idle]) session.end()
    if (sessions.size === 0) empty.resolve()
    const late = new Error("The pool was closed")
    const timer = setTimeout(() => {
      for (const session of [...sessions]) session.destroy(late)
      empty.resolve()
    }, options.close_ms)
    await empty.promise.finally(() => clearTimeout(timer))
  }

  const next = (): Session | Promise<Session> => {
    if (closing) throw new Problem("platform.unavailable", { detail: "Shutting down" })
    const free = idle.pop()
    if (free) return free
    const waiting = line.wait()
    grow()
    return waiting
  }

  return {
    wait_ms,
    async lend() {
      for (;;) {
        const session = await next()
        session.watch(undefined)
        if (!session.lost) return session
        takeBack(session)
      }
    },
    takeBack,
    usage: () => ({ sessions: sessions.size, lent: sessions.size - idle.length, waiting: line.length }),
    close() {
      closing ??= Promise.resolve().then(shut)
      return closing
    },
  }
}
