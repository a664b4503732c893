/** Why lines of a run can't be stored now, as far as this process knows. */
export type Troubles = {
  note(run_ids: readonly string[], why: string): void
  clear(run_ids: readonly string[]): void
  of(run_id: string): string | undefined
}

/** Of more runs than this at once the trouble is known by the log of the platform. */
const max_runs = 10_000

export const createTroubles = (): Troubles => {
  const known = new Map<string, string>()
  return {
    note(run_ids, why) {
      for (const run_id of run_ids) if (known.size < max_runs) known.set(run_id, why)
    },
    clear(run_ids) {
      if (known.size > 0) for (const run_id of run_ids) known.delete(run_id)
    },
    of: (run_id) => known.get(run_id),
  }
}
