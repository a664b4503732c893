/** PostgreSQL's disk_full, and MongoDB's OutOfDiskSpace. */
const codes: ReadonlySet<unknown> = new Set(["53100", 14_031])

/** Whether a store takes nothing because its disk is full: that is somebody's to mend, and no bug. */
export const isFull = (error: unknown): boolean =>
  error instanceof Error && "code" in error && codes.has(error.code)
