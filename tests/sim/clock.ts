import type { Life } from "#services/scheduler/memory/life.ts"

/** Time goes on in steps, from one thing that is due to the next. */
export type Clock = {
  now(): number
  /** Does it then, in its process; without one it is the world's own doing. */
  in(wait_ms: number, work: () => void, life?: Life): void
  /** Never resolves in a process that dies meanwhile. */
  sleep(wait_ms: number, life: Life): Promise<void>
  /** Goes on while `isGoing` says so and there is something to do. */
  run(isGoing: () => boolean): Promise<void>
}

type Due = {
  at_ms: number
  readonly order: number
  readonly work: () => void
  readonly life?: Life | undefined
}

export const createClock = (): Clock => {
  const heap = createHeap()
  let now_ms = 0
  let order = 0
  const put = (due: Omit<Due, "order">) => {
    order += 1
    heap.push({ ...due, order })
  }
  const clock: Clock = {
    now: () => now_ms,
    in(wait_ms, work, life) {
      put({ at_ms: now_ms + wait_ms, work, life })
    },
    sleep: (wait_ms, life) => new Promise((resolve) => clock.in(wait_ms, resolve, life)),
    async run(isGoing) {
      while (isGoing()) {
        const due = heap.pop()
        if (!due) return
        now_ms = Math.max(now_ms, due.at_ms)
        const { life } = due
        if (life && !life.alive) continue
        if (life && life.stopped_until_ms > now_ms) {
          put({ ...due, at_ms: life.stopped_until_ms })
          continue
        }
        due.work()
        // Whatever waits for it goes on as far as it can before the next thing happens.
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
  }
  return clock
}

const isBefore = (one: Due, other: Due): boolean =>
  one.at_ms < other.at_ms || (one.at_ms === other.at_ms && one.order < other.order)

const createHeap = () => {
  const items: Due[] = []
  const at = (index: number): Due => {
    const found = items[index]
    if (!found) throw new Error("The heap is broken.")
    return found
  }
  const sift = (from: number) => {
    let index = from
    for (;;) {
      const [left, right] = [2 * index + 1, 2 * index + 2]
      let first = index
      if (left < items.length && isBefore(at(left), at(first))) first = left
      if (right < items.length && isBefore(at(right), at(first))) first = right
      if (first === index) return
      ;[items[index], items[first]] = [at(first), at(index)]
      index = first
    }
  }
  return {
    push(due: Due) {
      let index = items.push(due) - 1
      while (index > 0) {
        const parent = (index - 1) >> 1
        if (!isBefore(at(index), at(parent))) return
        ;[items[index], items[parent]] = [at(parent), at(index)]
        index = parent
      }
    },
    pop(): Due | undefined {
      const first = items[0]
      const last = items.pop()
      if (first && last && items.length > 0) {
        items[0] = last
        sift(0)
      }
      return first
    },
  }
}
