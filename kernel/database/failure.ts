/** The session is gone; what it was doing may or may not have happened. */
export class SessionLost extends Error {
  constructor(cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause)
    super(`The session with PostgreSQL was lost: ${why}`, { cause })
    this.name = "SessionLost"
  }
}

type ServerError = Error & {
  readonly code: string
  readonly severity: string
  readonly routine?: string
}

const isServerError = (error: unknown): error is ServerError =>
  error instanceof Error && error.name === "PostgresError" && "code" in error && "severity" in error

/** The data itself is refused (SQLSTATE 22 and 23): it will be refused again, so only then fall back row by row. */
export const isDataError = (error: unknown): boolean => {
  if (!isServerError(error)) return false
  return error.code.startsWith("22") || error.code.startsWith("23")
}

/** Only after this severity is the session known to be whole. */
export const keepsSession = (error: unknown): boolean => isServerError(error) && error.severity === "ERROR"

/** Rolled back for certain, and likely to succeed when done again: deadlock, serialisation, a plan a migration outdated. */
export const isPassing = (error: unknown): boolean =>
  isServerError(error) &&
  (error.code === "40P01" ||
    error.code === "40001" ||
    (error.code === "0A000" && error.routine === "RevalidateCachedQuery"))
