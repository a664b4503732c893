/** All processes of one attempt, also those that left its group or whose parents are gone. */
export type Family = {
  /** The first process enters by writing its number to this file, if there is one, before it begins anything. */
  readonly entry: string | undefined
  /** Tells which process is the first. */
  adopt(process_id: number): void
  processes(): readonly number[]
  /** How often it may be looked at: some ways to look cost more than others. */
  readonly look_ms: number
  /** Ends all of them at once, and answers when none is left. */
  end(): Promise<void>
  /** What the kernel counted for all of them together, where it does. */
  counted(): Counted
  close(): Promise<void>
}

export type Counted = {
  readonly cpu_ms?: number
  readonly max_memory_bytes?: number
  /** The kernel ended something because the memory was used up. */
  readonly out_of_memory?: boolean
}

/** What the kernel itself is to hold a family to, where it can. */
export type Bounds = { readonly max_memory_bytes: number; readonly max_processes: number }

/** How this machine knows which processes belong together. */
export type Families = {
  open(attempt_folder: string, bounds: Bounds): Family
  /** Holds the control groups of all families; the reaper ends what is left in it. */
  readonly cgroup: string | undefined
  close(): void
}
