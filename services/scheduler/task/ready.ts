import type { Event } from "#kernel/outbox/emit.ts"

type Ready = { readonly id: string; readonly queue: string }

/** One wake-up for each queue; it may be lost, since workers look by themselves too. */
export const wakeUps = (ready: readonly Ready[]): readonly Event[] => {
  const first = new Map<string, { key: string; ready: number }>()
  for (const { id, queue } of ready) {
    const known = first.get(queue) ?? { key: id, ready: 0 }
    known.ready += 1
    first.set(queue, known)
  }
  return [...first].map(([queue, { key, ready: count }]) => ({
    type: "task.scheduled" as const,
    key,
    data: { queue, ready: count },
  }))
}
