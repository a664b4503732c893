const max_turn_ms = 8

/** Work that finds its next step at once gives way now and then, so that it holds nobody else up. */
export async function* inTurns<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item> {
  let from_ms = performance.now()
  for await (const item of items) {
    yield item
    if (performance.now() - from_ms < max_turn_ms) continue
    await new Promise((resolve) => setTimeout(resolve, 0))
    from_ms = performance.now()
  }
}

/** Resolves after so long, or when the signal aborts. */
export const rested = (rest_ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener("abort", end)
      resolve()
    }
    const timer = setTimeout(end, rest_ms)
    if (signal.aborted) end()
    else signal.addEventListener("abort", end)
  })
