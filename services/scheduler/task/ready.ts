import type { Sql } from "#kernel/database/database.ts"
import { emit } from "#kernel/outbox/emit.ts"

export type Ready = { readonly task_run_id: string; readonly queue: string }

/** One wake-up for each queue; it may be lost, since workers look by themselves too. */
export const emitReady = async (sql: Sql, ready: readonly Ready[]): Promise<void> => {
  if (ready.length === 0) return
  const first = new Map<string, { key: string; ready: number }>()
  for (const { task_run_id, queue } of ready) {
    const known = first.get(queue) ?? { key: task_run_id, ready: 0 }
    known.ready += 1
    first.set(queue, known)
  }
  await emit(
    sql,
    [...first].map(([queue, { key, ready: count }]) => ({
      type: "task.scheduled" as const,
      key,
      data: { queue, ready: count },
    })),
  )
}
