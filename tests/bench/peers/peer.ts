/** Where a peer finds what it stands on. */
export type Ground = {
  readonly postgres_url: string
  readonly redis_port: number
  /** A few more ports of its own, and a folder. */
  readonly ports: readonly number[]
  readonly folder: string
  /** Where its packages are installed. */
  readonly packages: string
}

/** Stand-alone jobs that do nothing. */
export type Jobs = {
  /** One, and answers when it is durable. */
  enqueue(): Promise<unknown>
  enqueueMany(count: number): Promise<void>
  /** Works from now on; `begun` is called as each handler begins. */
  work(begun: () => void): Promise<void>
  rest(): Promise<void>
  /** How many are not yet recorded as done. */
  left(): Promise<number>
}

/** Steps that do nothing, each recorded; every call ends with its workflow. */
export type Flows = {
  chain(length: number): Promise<unknown>
  fanOut(width: number): Promise<unknown>
}

export type Opened = {
  readonly jobs?: Jobs
  /** For one job at a time, where other settings are better for that. */
  readonly idle?: Jobs
  readonly flows?: Flows
  close(): Promise<void>
}

/** Another system, with the settings that its own documentation recommends for speed. */
export type Peer = { readonly open: (ground: Ground) => Promise<Opened> }
