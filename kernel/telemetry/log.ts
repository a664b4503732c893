import pino from "pino"

type Fact = { readonly event: string } & Record<string, unknown>

/** Facts, not prose: an event name and its fields. */
export type Log = {
  debug(fact: Fact): void
  info(fact: Fact): void
  warn(fact: Fact): void
  error(fact: Fact): void
}

export type LogOptions = {
  readonly service: string
  readonly level: string
  /** Where lines go: a file descriptor or a path. */
  readonly destination: number | string
}

const described = (error: unknown) =>
  error instanceof Error
    ? {
        name: error.name,
        message: error.message,
        stack: error.stack,
        cause: error.cause === undefined ? undefined : String(error.cause),
      }
    : error

export const createLog = ({ service, level, destination }: LogOptions): Log =>
  pino(
    {
      level,
      base: { service },
      messageKey: "event",
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { error: described },
    },
    pino.destination({ dest: destination, sync: true, mkdir: true }),
  )

export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}
