import type { Tool } from "./tools.ts"

export type Address = Readonly<Record<string, string | number>>

/** Where an engine's installed files, its data and its ports are. */
export type Place = {
  /** Where installed engines are kept. */
  readonly cache: string
  /** Data and log of this engine alone. Starting again on the same folder goes on with the same data. */
  readonly folder: string
  /** Loopback ports to listen on; free ones where none are given. */
  readonly ports?: readonly number[]
  /** For an engine that is told what to do by a file (Envoy). */
  readonly config?: string
}

export type Running<Where extends Address = Address> = {
  readonly address: Where
  /** What it listens on, to be given again for a start on the same ports. */
  readonly ports: readonly number[]
  readonly pid: number
  /** Resolves with the exit code whenever and however it ends. */
  readonly exited: Promise<number>
  /** Asks it to end and ends it by force after a bounded time. Twice is fine. */
  stop(): Promise<void>
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>
}

export type Engine<Where extends Address = Address> = {
  readonly name: string
  readonly version: string
  /** The tools its installation or its start needs. */
  readonly needs: readonly Tool[]
  /** What the installation takes, for people. */
  readonly size: string
  install(cache: string): Promise<void>
  start(place: Place): Promise<Running<Where>>
}
