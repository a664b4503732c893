/** What takes longer than this is not waited for any more. */
const slow_ms = 100

type Terms = {
  readonly max: number
  /** Fewer and larger ones cost less, and take longer. */
  readonly worthwhile: number
  /** Something that is under way has become slow: what waits may begin now. */
  readonly look: () => void
}

type Beside = {
  /** Whether one with so much in it may begin now. */
  mayBegin(count: number): boolean
  during<Answer>(work: () => Promise<Answer>): Promise<Answer>
}

/** Another one begins beside what is under way if it is worth it, or what is under way is slow; a single one at once. */
export const besideOthers = ({ max, worthwhile, look }: Terms): Beside => {
  const under_way = new Set<{ slow: boolean }>()
  const isSlow = () => [...under_way].some(({ slow }) => slow)
  return {
    mayBegin(count) {
      if (count === 0 || under_way.size >= max) return false
      return under_way.size === 0 || count >= worthwhile || isSlow()
    },
    async during(work) {
      const own = { slow: false }
      under_way.add(own)
      const timer = setTimeout(() => {
        own.slow = true
        look()
      }, slow_ms)
      try {
        return await work()
      } finally {
        clearTimeout(timer)
        under_way.delete(own)
      }
    },
  }
}
