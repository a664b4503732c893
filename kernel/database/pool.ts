import { Problem } from "#kernel/problem/problem.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import type { SessionLost } from "./failure.ts"
import { openSession, type Session, type SessionSettings } from "./session.ts"
import { waitingLine } from "./waiting-line.ts"

type SessionPoolOptions = SessionSettings & {
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

/** All sessions, and of these the idle ones: the one used last is lent first, for its plans are warm. */
const sessionStock = () => {
  const all = new Set<Session>()
  const idle: Session[] = []
  let emptied: (() => void) | undefined
  return {
    all,
    idle,
    counts: () => ({ sessions: all.size, lent: all.size - idle.length }),
    /** Answers false when it was dropped before. */
    drop(session: Session): boolean {
      const place = idle.indexOf(session)
      if (place >= 0) idle.splice(place, 1)
      const known = all.delete(session)
      if (all.size === 0) emptied?.()
      return known
    },
    /** Ends what is idle at once, and what is lent as it comes back or when the time is over. */
    async end(limit_ms: number): Promise<void> {
      if (all.size === 0) return
      const empty = new Promise<void>((resolve) => {
        emptied = resolve
      })
      for (const session of [...idle]) session.end()
      const late = new Error("The pool was closed")
      const timer = setTimeout(() => {
        for (const session of [...all]) session.destroy(late)
        emptied?.()
      }, limit_ms)
      await empty
      clearTimeout(timer)
    },
  }
}

/** A session may die between being handed over and being used. */
const firstAlive = async (
  next: () => Session | Promise<Session>,
  takeBack: (session: Session) => void,
): Promise<Session> => {
  for (;;) {
    const session = await next()
    session.watch(undefined)
    if (!session.lost) return session
    takeBack(session)
  }
}

export const sessionPool = (options: SessionPoolOptions): SessionPool => {
  const { wait_ms, max_waiting, max_sessions, log } = options
  const stock = sessionStock()
  let closing: Promise<void> | undefined

  const grow = () => {
    while (
      !closing &&
      !connecting.resting() &&
      connecting.opening() < line.length &&
      stock.all.size + connecting.opening() < max_sessions
    ) {
      connecting.open()
    }
  }
  const forget = (session: Session, lost: SessionLost) => {
    if (!stock.drop(session)) return
    if (!closing) log.warn({ event: "database.session_lost", error: lost.cause })
    grow()
  }
  const takeBack = (session: Session) => {
    session.watch((lost) => forget(session, lost))
    if (session.lost) forget(session, session.lost)
    else if (closing) session.end()
    else if (!line.give(session)) stock.idle.push(session)
  }
  const line = waitingLine<Session>({
    wait_ms,
    max_waiting,
    refusal: () => refusalFor(stock.all.size === 0 ? connecting.failure() : undefined, wait_ms),
  })
  const opened = (session: Session) => {
    stock.all.add(session)
    takeBack(session)
  }
  const connecting = opener(options, opened, grow)

  const next = (): Session | Promise<Session> => {
    if (closing) throw new Problem("platform.unavailable", { detail: "Shutting down" })
    const free = stock.idle.pop()
    if (free) return free
    const waiting = line.wait()
    grow()
    return waiting
  }

  return {
    wait_ms,
    lend: () => firstAlive(next, takeBack),
    takeBack,
    usage: () => ({ ...stock.counts(), waiting: line.length }),
    close() {
      connecting.stop()
      // Marked as closing first, so that what comes back while it ends is ended too.
      closing ??= Promise.resolve().then(() => stock.end(options.close_ms))
      line.refuseAll()
      return closing
    },
  }
}
