import { Problem } from "#kernel/problem/problem.ts"
import { besideOthers } from "./beside.ts"

/** For items that may be large: how much each is, and the most of it that one flush takes and that may wait. */
type Sizes<Item> = {
  readonly of: (item: Item) => number
  readonly max_batch: number
  readonly max_waiting: number
}

export type BatchOptions<Item, Answer> = {
  /** Does the work of many at once: one answer for each, in their order. A problem refuses that one alone. */
  readonly flush: (items: readonly Item[]) => Promise<readonly (Answer | Problem)[]>
  readonly max_batch: number
  /** More that wait than this are told that the platform is busy. */
  readonly max_waiting: number
  readonly max_in_flight?: number
  /** While a flush is under way, the next one waits for so many, unless it is slow. */
  readonly worthwhile?: number
  /** Whether the next flush begins before the answers of the last one are told: it is smaller then, and under way meanwhile. */
  readonly hurries?: () => boolean
  readonly sizes?: Sizes<Item>
  /** Whether a failure may be due to single items: then each is tried by itself. */
  readonly isItems?: (error: unknown) => boolean
}

type Waiting<Item, Answer> = {
  readonly item: Item
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

/** How many of them one flush takes: at least one, whatever its size. */
const countOf = <Item, Answer>(
  items: readonly Waiting<Item, Answer>[],
  max_batch: number,
  sizes: Sizes<Item> | undefined,
): number => {
  const most = Math.min(items.length, max_batch)
  if (!sizes) return most
  let size = 0
  let count = 0
  for (const { item } of items) {
    if (count === most) break
    size += sizes.of(item)
    if (count > 0 && size > sizes.max_batch) break
    count += 1
  }
  return count
}

const answerEach = <Item, Answer>(
  batch: readonly Waiting<Item, Answer>[],
  answers: readonly (Answer | Problem)[],
): void => {
  for (const [index, { resolve, reject }] of batch.entries()) {
    const own = answers[index]
    if (own instanceof Problem) reject(own)
    else if (index < answers.length) resolve(own as Answer)
    else reject(new Error("a batch was answered in part"))
  }
}

/** Where one of a batch may be to blame for a failure, each is tried by itself. Answers how each is told its own answer. */
const settling = <Item, Answer>({ flush, isItems = () => false }: BatchOptions<Item, Answer>) => {
  const settle = async (batch: readonly Waiting<Item, Answer>[]): Promise<() => void> => {
    try {
      const answers = await flush(batch.map(({ item }) => item))
      return () => answerEach(batch, answers)
    } catch (error) {
      const tellAll = () => {
        for (const { reject } of batch) reject(error)
      }
      if (batch.length === 1 || !isItems(error)) return tellAll
    }
    for (const one of batch) (await settle([one]))()
    return () => undefined
  }
  return settle
}

/**
 * Group commit: what arrives while a flush is under way shares the next one. Flushes begin in the next turn of the
 * event loop; there is no timer, which was measured to be slower.
 */
export const batcher = <Item, Answer>(options: BatchOptions<Item, Answer>) => {
  const { max_batch, max_waiting, max_in_flight = 2, worthwhile = 1, sizes, hurries = () => false } = options
  const settle = settling(options)
  const waiting: Waiting<Item, Answer>[] = []
  const sizeOf = sizes?.of ?? (() => 0)
  let waiting_size = 0
  let planned = false
  const beside = besideOthers({ max: max_in_flight, worthwhile, look: () => plan() })

  const plan = () => {
    if (planned || !beside.mayBegin(waiting.length)) return
    planned = true
    setImmediate(begin)
  }

  const goOn = (tell: () => void) => {
    if (!planned && hurries() && beside.mayBegin(waiting.length)) {
      begin()
      // In the next turn of the event loop: all that the flush needs of this process is done by then.
      setImmediate(tell)
    } else {
      tell()
      plan()
    }
  }

  const begin = () => {
    planned = false
    const batch = waiting.splice(0, countOf(waiting, max_batch, sizes))
    if (batch.length === 0) return
    for (const { item } of batch) waiting_size -= sizeOf(item)
    void beside.during(() => settle(batch)).then(goOn)
    plan()
  }

  return (item: Item): Promise<Answer> => {
    const is_full = sizes !== undefined && waiting_size >= sizes.max_waiting
    if (is_full || waiting.length >= max_waiting) return Promise.reject(new Problem("platform.busy"))
    waiting_size += sizeOf(item)
    return new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      plan()
    })
  }
}
