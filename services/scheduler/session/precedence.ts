type Waiting = { readonly count: number; readonly go: () => void }

/** Who goes first where somebody brings work while the results of other work come in. */
export type Precedence = {
  /** Somebody waits until this is written. */
  creating<Answer>(create: () => Promise<Answer>): Promise<Answer>
  /** In the order in which they come; at once where nothing is being created. */
  settling<Answer>(count: number, settle: () => Promise<Answer>): Promise<Answer>
}

/**
 * While something is created, at most so many results are settled beside it: a backlog that is worked off in several full
 * batches at a time takes all that both of them need, and whoever brings something waits for each. One batch, whatever
 * its size, is always under way.
 */
export const createPrecedence = (max_beside: number): Precedence => {
  const waiting: Waiting[] = []
  let creating = 0
  let settling = 0

  const mayGo = (count: number): boolean => creating === 0 || settling === 0 || settling + count <= max_beside

  const admit = () => {
    for (;;) {
      const [next] = waiting
      if (!next || !mayGo(next.count)) return
      waiting.shift()
      settling += next.count
      next.go()
    }
  }

  return {
    async creating(create) {
      creating += 1
      try {
        return await create()
      } finally {
        creating -= 1
        admit()
      }
    },
    async settling(count, settle) {
      await new Promise<void>((go) => {
        waiting.push({ count, go })
        admit()
      })
      try {
        return await settle()
      } finally {
        settling -= count
        admit()
      }
    },
  }
}
