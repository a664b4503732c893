type WaitingLine<Item> = {
  readonly length: number
  wait(): Promise<Item>
  /** Hands the item to whoever has waited longest; false when nobody waits. */
  give(item: Item): boolean
  refuseAll(): void
}

type LineOptions = {
  readonly wait_ms: number
  readonly max_waiting: number
  /** What those are told who waited too long, or find the line full. */
  readonly refusal: () => Error
}

type Waiter<Item> = {
  readonly until: number
  readonly resolve: (item: Item) => void
  readonly reject: (error: Error) => void
}

/** First come, first served. All wait equally long, so one timer for the head of the line is enough. */
export const waitingLine = <Item>({ wait_ms, max_waiting, refusal }: LineOptions): WaitingLine<Item> => {
  // A set keeps the order of arrival and forgets its head at no cost.
  const line = new Set<Waiter<Item>>()
  let timer: ReturnType<typeof setTimeout> | undefined

  const take = (): Waiter<Item> | undefined => {
    const [head] = line
    if (head) line.delete(head)
    if (line.size === 0) clearTimeout(timer)
    if (line.size === 0) timer = undefined
    return head
  }

  const arm = () => {
    const [head] = line
    if (head) timer = setTimeout(expire, Math.max(0, head.until - performance.now()))
  }

  const expire = () => {
    for (const waiter of line) {
      if (waiter.until > performance.now()) break
      line.delete(waiter)
      waiter.reject(refusal())
    }
    timer = undefined
    arm()
  }

  return {
    get length() {
      return line.size
    },
    wait() {
      if (line.size >= max_waiting) return Promise.reject(refusal())
      return new Promise<Item>((resolve, reject) => {
        line.add({ until: performance.now() + wait_ms, resolve, reject })
        if (timer === undefined) arm()
      })
    },
    give(item) {
      const waiter = take()
      waiter?.resolve(item)
      return waiter !== undefined
    },
    refuseAll() {
      for (let waiter = take(); waiter; waiter = take()) waiter.reject(refusal())
    },
  }
}
