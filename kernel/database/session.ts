import type net from "node:net"
import postgres from "postgres"
import type { Address } from "./address.ts"
import type { Value } from "./database.ts"
import { keepsSession, SessionLost } from "./failure.ts"
import { connectSocket } from "./socket.ts"
import { valueTypes } from "./value-types.ts"

type Answer<Row> = readonly Row[] & { readonly command: string }

export type SessionSettings = {
  readonly address: Address
  /** Start-up parameters: a setting made by a query would reach only the session that ran it. */
  readonly parameters: Readonly<Record<string, string>>
  readonly connect_ms: number
}

/** One connection, which never reconnects: a statement can't end up outside its transaction. */
export type Session = {
  readonly lost: SessionLost | undefined
  execute<Row extends object>(text: string, values: readonly Value[]): Promise<Answer<Row>>
  /** The simple protocol: several statements, no values. */
  script(text: string): Promise<Answer<object>>
  /** Calls back when the session is lost; one holder at a time. */
  watch(holder: ((lost: SessionLost) => void) | undefined): void
  /** Nothing is sent any more, whatever was under way. */
  destroy(cause: Error): void
  end(): Promise<void>
}

const terminate = Uint8Array.of(88, 0, 0, 0, 4)
const end_ms = 1_000

const driverOptions = (settings: SessionSettings, socket: () => Promise<net.Socket>) => {
  const { address, parameters, connect_ms } = settings
  return {
    host: "localhost",
    user: address.user,
    pass: address.password,
    database: address.database,
    ssl: false,
    max: 1,
    max_lifetime: null,
    idle_timeout: 0,
    connect_timeout: Math.ceil(connect_ms / 1_000),
    fetch_types: false,
    no_subscribe: true,
    prepare: true,
    types: valueTypes,
    connection: { TimeZone: "UTC", ...parameters },
    onnotice: () => undefined,
    socket,
  }
}

const checkValues = (values: readonly Value[]): void => {
  if (values.length > 65_533) throw new Error(`A statement takes at most 65533 values, not ${values.length}`)
  for (const value of values) {
    if (value === undefined) throw new Error("A statement was given undefined; null is the absent value")
  }
}

/** Sockets and statements under way, and the one moment at which all of them are given up. */
const lifeline = () => {
  const pending = new Set<(lost: SessionLost) => void>()
  const closed = Promise.withResolvers<void>()
  let socket: net.Socket | undefined
  let lost: SessionLost | undefined
  let holder: ((lost: SessionLost) => void) | undefined

  const lose = (cause: unknown, destroy = true) => {
    if (lost) return
    lost = new SessionLost(cause)
    for (const reject of pending) reject(lost)
    pending.clear()
    holder?.(lost)
    if (destroy) socket?.destroy()
    if (!socket) closed.resolve()
  }

  return {
    pending,
    lose,
    closed: closed.promise,
    lost: () => lost,
    socket: () => socket,
    hold(next: ((lost: SessionLost) => void) | undefined) {
      holder = next
    },
    seen(next: net.Socket) {
      socket = next
      socket.on("error", (error) => lose(error))
      socket.on("end", () => lose(new Error("The server closed the connection")))
      socket.on("close", () => {
        lose(new Error("The connection was closed"))
        closed.resolve()
      })
      if (lost) socket.destroy()
    },
  }
}

type Lifeline = ReturnType<typeof lifeline>

/** Settles with the driver's answer or with the loss of the session, whichever is first. */
const underWay = <Answered>(life: Lifeline, send: () => PromiseLike<unknown>): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const already = life.lost()
    if (already) {
      reject(already)
      return
    }
    life.pending.add(reject)
    send().then(
      (answer) => {
        life.pending.delete(reject)
        resolve(answer as Answered)
      },
      (error: unknown) => {
        life.pending.delete(reject)
        if (!keepsSession(error)) life.lose(error)
        reject(life.lost() ?? error)
      },
    )
  })

const endGently = (life: Lifeline): Promise<void> => {
  life.lose(new Error("The session was ended"), false)
  const socket = life.socket()
  if (socket?.writable) socket.end(terminate)
  const timer = setTimeout(() => socket?.destroy(), end_ms)
  return life.closed.finally(() => clearTimeout(timer))
}

/** Resolves when the server has answered; rejects when it can't be reached or refuses. */
export const openSession = async (settings: SessionSettings): Promise<Session> => {
  const life = lifeline()
  let connected = false
  const connectOnce = () => {
    if (connected) throw new Error("A session never reconnects")
    connected = true
    return connectSocket(settings.address, life.seen)
  }
  // The driver's types don't know the `socket` and `no_subscribe` options that it has.
  const client = postgres(driverOptions(settings, async () => connectOnce()) as unknown as Options)
  const late = new Error(`PostgreSQL did not answer within ${settings.connect_ms} ms`)
  const timer = setTimeout(() => life.lose(late), settings.connect_ms)
  const session: Session = {
    get lost() {
      return life.lost()
    },
    execute(text, values) {
      checkValues(values)
      return underWay(life, () => client.unsafe(text, values as unknown as never[], driven))
    },
    script: (text) => underWay(life, () => client.unsafe(text)),
    watch: life.hold,
    destroy: (cause) => life.lose(cause),
    end: () => endGently(life),
  }
  try {
    await session.script("select 1")
    return session
  } catch (error) {
    life.lose(error)
    throw error
  } finally {
    clearTimeout(timer)
  }
}

type Options = postgres.Options<Record<string, PostgresTypeOf>>
type PostgresTypeOf = postgres.PostgresType
/** Prepared even without values, which the driver's types don't foresee. */
const driven = { prepare: true, simple: false } as postgres.UnsafeQueryOptions
