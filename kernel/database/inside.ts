import { AsyncLocalStorage } from "node:async_hooks"

const inside = new AsyncLocalStorage<true>()

/** Marks all that `work` does as part of a transaction. */
export const markInside = <Result>(work: () => Promise<Result>): Promise<Result> => inside.run(true, work)

/** RPC asks this: a call inside a transaction would hold its session and its locks meanwhile. */
export const insideTransaction = (): boolean => inside.getStore() === true
