/** The transaction was chosen to end a deadlock, or ended from outside. */
export class Aborted extends Error {}

export type Holder = { readonly held: Set<string>; waiting: string | undefined; readonly over: boolean }

type Lock = {
  owner: Holder
  readonly line: { readonly holder: Holder; grant(): void; refuse(error: Error): void }[]
}

/** Row locks: exclusive, in the order of asking, until the transaction's end. */
export type Locks = {
  /** False when somebody else has it. */
  take(holder: Holder, row: string): boolean
  wait(holder: Holder, row: string): Promise<void>
  release(holder: Holder): void
}

export const createLocks = (): Locks => {
  const locks = new Map<string, Lock>()

  const take = (holder: Holder, row: string): boolean => {
    if (holder.over) throw new Aborted("rolled back")
    const lock = locks.get(row)
    if (lock) return lock.owner === holder
    locks.set(row, { owner: holder, line: [] })
    holder.held.add(row)
    return true
  }

  const isDeadlock = (holder: Holder, row: string): boolean => {
    let owner = locks.get(row)?.owner
    while (owner && owner !== holder && owner.waiting !== undefined) owner = locks.get(owner.waiting)?.owner
    return owner === holder
  }

  const pass = (row: string): void => {
    const lock = locks.get(row)
    const next = lock?.line.shift()
    if (!lock || !next) {
      locks.delete(row)
      return
    }
    lock.owner = next.holder
    next.holder.held.add(row)
    next.holder.waiting = undefined
    next.grant()
  }

  return {
    take,
    wait: async (holder, row) => {
      if (take(holder, row)) return
      if (isDeadlock(holder, row)) throw new Aborted("deadlock")
      holder.waiting = row
      await new Promise<void>((grant, refuse) => locks.get(row)?.line.push({ holder, grant, refuse }))
    },
    release(holder) {
      if (holder.waiting !== undefined) {
        const line = locks.get(holder.waiting)?.line ?? []
        const place = line.findIndex((one) => one.holder === holder)
        const [waiter] = place < 0 ? [] : line.splice(place, 1)
        waiter?.refuse(new Aborted("rolled back"))
        holder.waiting = undefined
      }
      const rows = [...holder.held]
      holder.held.clear()
      for (const row of rows) pass(row)
    },
  }
}
