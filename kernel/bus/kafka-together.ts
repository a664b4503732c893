import type { EachBatchPayload } from "kafkajs"
import { batcher } from "#kernel/service/batch.ts"
import { deliver, type Item } from "./deliver.ts"
import type { createRests } from "./yield.ts"

export type Items = readonly Item<string>[]

/** Some of what came of one partition, in its order. */
type Portion = { readonly items: Items; readonly payload: EachBatchPayload }

type Terms = {
  readonly attempt: (items: Items) => Promise<void>
  readonly max_batch: number
  readonly rests: ReturnType<typeof createRests> | undefined
  readonly signal: AbortSignal
}

/** Undefined where it was handled, or is another member's by now. */
type Outcome = { readonly error: unknown } | undefined

/**
 * What came of several partitions is handled in one batch, and said to be handled in one request: a busy relay brings a few
 * events of each, and to go through them partition by partition took several times as much. Where that fails each is
 * tried by itself, all of them at once: so none is held up by what another one has, nor for long where all of them fail.
 */
export const handledTogether = ({ attempt, max_batch, rests, signal }: Terms) => {
  const handle = async (portions: readonly Portion[]): Promise<readonly Outcome[]> => {
    if (portions.length === 0) return []
    try {
      await deliver(
        portions.flatMap(({ items }) => items),
        attempt,
      )
      return portions.map(() => undefined)
    } catch (error) {
      if (portions.length === 1) return [{ error }]
    }
    return (await Promise.all(portions.map((portion) => handle([portion])))).flat()
  }

  const handleOurs = async (portions: readonly Portion[]): Promise<readonly Outcome[]> => {
    const from_ms = rests?.now_ms() ?? 0
    const ours = portions.filter(isOurs)
    const outcomes = await handle(ours)
    const done = ours.filter((_, index) => outcomes[index] === undefined)
    await commit(done)
    const oldest = ours[0]?.items[0]?.raw
    if (done.length > 0) await rests?.after({ from_ms, oldest }, signal)
    return portions.map((portion) => outcomes[ours.indexOf(portion)])
  }

  const together = batcher<Portion, Outcome>({
    flush: handleOurs,
    max_batch: Number.POSITIVE_INFINITY,
    max_waiting: Number.POSITIVE_INFINITY,
    sizes: { of: ({ items }) => items.length, max_batch, max_waiting: Number.POSITIVE_INFINITY },
  })

  return async (portion: Portion): Promise<void> => {
    const outcome = await together(portion)
    if (outcome) throw outcome.error
  }
}

const isOurs = ({ payload }: Portion): boolean => payload.isRunning() && !payload.isStale()

/** When a partition is another's by now this fails, and the inbox knows what we have done. */
const commit = async (done: readonly Portion[]): Promise<void> => {
  const [first] = done
  if (!first) return
  const topics = new Map<string, { partition: number; offset: string }[]>()
  for (const { items, payload } of done) {
    const last = items.at(-1)
    if (!last) continue
    payload.resolveOffset(last.place)
    const { topic, partition } = payload.batch
    const place = { partition, offset: String(BigInt(last.place) + 1n) }
    topics.set(topic, [...(topics.get(topic) ?? []), place])
  }
  const given = [...topics].map(([topic, partitions]) => ({ topic, partitions }))
  await first.payload.commitOffsetsIfNecessary({ topics: given })
}
