import type { Database, Sql } from "#kernel/database/database.ts"
import type { Kit } from "#kernel/service/kit.ts"
import { createHeld, type Held, type Holder } from "./held.ts"
import { beAlive, deletePresence, forgetDead, insertPresence, insertPushes, takePushes } from "./presence.ts"

export type Open = {
  /** Resolves at the next news, or after this time, or when the signal aborts: answers whether there was any. */
  next(wait_ms: number, signal: AbortSignal): Promise<boolean>
  close(): Promise<void>
}

/** Which people's streams are held here, and how others' news get to the process that holds theirs. */
export type Streams = {
  /** Notes that one is held here. What is committed after that is announced here. */
  open(holder: Holder): Promise<Open>
  /** In the transaction of the news, behind the lock of their mailboxes: tells whoever holds streams of these people. */
  announce(sql: Sql, holders: readonly Holder[]): Promise<void>
  /** Looks for news of the people whose streams are held here. */
  collect(): Promise<boolean>
  /** Says that this process is still there, and forgets those that are not. */
  stayAlive(): Promise<boolean>
  /** How many are open here. */
  count(): number
}

type Ground = { readonly database: Database; readonly kit: Pick<Kit, "id"> }

const nextOf =
  (one: Held): Open["next"] =>
  async (wait_ms, signal) => {
    const before = one.news
    await one.signal.next(wait_ms, signal)
    return one.news > before
  }

export const createStreams = ({ database, kit }: Ground): Streams => {
  const instance_id = kit.id()
  const held = createHeld()

  const closing = (one: Held): Open["close"] => {
    let is_open = true
    return async () => {
      if (!is_open) return
      is_open = false
      if (held.letGo(one)) await database.run((sql) => deletePresence(sql, instance_id, one))
    }
  }

  return {
    count: held.count,
    async open(holder) {
      const one = held.hold(holder)
      const close = closing(one)
      const noted = { ...holder, opening: one.opening }
      try {
        await database.tx((sql) => insertPresence(sql, instance_id, noted))
      } catch (error) {
        await close().catch(() => undefined)
        throw error
      }
      return { next: nextOf(one), close }
    },
    async announce(sql, holders) {
      await insertPushes(sql, holders)
      sql.afterCommit(() => held.wake(holders))
    },
    async collect() {
      if (held.all().length === 0) return false
      const news = await database.run((sql) => takePushes(sql, instance_id))
      held.wake(news)
      return news.length > 0
    },
    async stayAlive() {
      const all = held.all()
      if (all.length > 0) await database.tx((sql) => beAlive(sql, instance_id, all))
      await database.run(forgetDead)
      return false
    },
  }
}
