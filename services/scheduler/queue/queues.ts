/** What a queue was set to, as this process last saw it. */
export type QueueSettings = {
  readonly workspace_id: string
  readonly name: string
  readonly paused: boolean
  readonly concurrency: number | null
  readonly rate_limit: number | null
}

/** The queues that anything was set for. A claim asks the database itself; these only spare it the asking. */
export type Queues = {
  replace(all: readonly QueueSettings[]): void
  isSet(work: { readonly workspace_id: string; readonly queue: string }): boolean
  limited(): readonly QueueSettings[]
}

export const createQueues = (): Queues => {
  let kept = new Map<string, QueueSettings>()
  return {
    replace(all) {
      kept = new Map(all.map((settings) => [`${settings.workspace_id} ${settings.name}`, settings]))
    },
    isSet: ({ workspace_id, queue }) => kept.has(`${workspace_id} ${queue}`),
    limited: () =>
      [...kept.values()].filter(({ concurrency, rate_limit }) => concurrency !== null || rate_limit !== null),
  }
}
