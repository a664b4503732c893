import { AsyncLocalStorage } from "node:async_hooks"

type Mark = { open: boolean }

const marks = new AsyncLocalStorage<Mark>()

/** Whether the caller runs inside `tx`, where waiting for anything but the database may deadlock the pool. */
export const insideTransaction = (): boolean => marks.getStore()?.open === true

/** Work that outlives its transaction is no longer inside it, though it inherits the mark. */
export const markInside = async <Result>(work: () => Promise<Result>): Promise<Result> => {
  const mark: Mark = { open: true }
  try {
    return await marks.run(mark, work)
  } finally {
    mark.open = false
  }
}
