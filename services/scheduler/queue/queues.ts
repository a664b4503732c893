/** What a queue was set to, as this process last saw it. */
export type QueueSettings = {
  readonly workspace_id: string
  readonly name: string
  readonly paused: boolean
  readonly concurrency: number | null
  readonly rate_limit: number | null
}

type Work = { readonly workspace_id: string; readonly queue: string }

/** The queues that anything was set for. A claim asks the database itself; these only spare it the asking. */
export type Queues = {
  replace(all: readonly QueueSettings[]): void
  isPaused(work: Work): boolean
  isOpen(work: Work): boolean
  isLimited(work: Work): boolean
}

export const createQueues = (): Queues => {
  let kept = new Map<string, QueueSettings>()
  // Nothing is set for the queues of most.
  const of = ({ workspace_id, queue }: Work) =>
    kept.size === 0 ? undefined : kept.get(`${workspace_id} ${queue}`)
  return {
    replace(all) {
      kept = new Map(all.map((settings) => [`${settings.workspace_id} ${settings.name}`, settings]))
    },
    isPaused: (work) => of(work)?.paused === true,
    isOpen: (work) => of(work)?.paused !== true,
    isLimited(work) {
      const { concurrency = null, rate_limit = null } = of(work) ?? {}
      return concurrency !== null || rate_limit !== null
    },
  }
}
