import { Problem } from "#kernel/problem/problem.ts"
import type { Passwords } from "./passwords.ts"

const max_parallel = 2
const max_waiting = 64
const cost = { algorithm: "argon2id", memoryCost: 19_456, timeCost: 2 } as const

/** At most so many at once; the next ones wait in line, up to a bound. */
const bounded = () => {
  const waiting: (() => void)[] = []
  let running = 0
  const leave = () => {
    const next = waiting.shift()
    if (next) next()
    else running -= 1
  }
  const enter = async () => {
    if (running < max_parallel) {
      running += 1
      return
    }
    if (waiting.length >= max_waiting) {
      throw new Problem("platform.busy", { detail: "Too many sign-ins at once.", retry_after_s: 2 })
    }
    await new Promise<void>((resolve) => waiting.push(resolve))
  }
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    await enter()
    try {
      return await work()
    } finally {
      leave()
    }
  }
}

/** Argon2id by Bun, which computes it off the main thread. */
export const argonPasswords = (): Passwords => {
  const inTurn = bounded()
  const hash = (password: string) => inTurn(() => Bun.password.hash(password, cost))
  let nobodys: Promise<string> | undefined
  return {
    hash,
    async verify(password, known) {
      nobodys ??= Bun.password.hash(crypto.randomUUID(), cost)
      const dummy = await nobodys
      const matches = await inTurn(() => Bun.password.verify(password, known ?? dummy))
      return matches && known !== undefined
    },
  }
}
