import type { Address } from "#deploy/engines/engine.ts"
import { type Part, type Starting, startPart } from "./part.ts"

export type GroundOptions = {
  readonly data: string
  /** Where engines are installed. */
  readonly cache: string
  /** What processes get besides their settings, such as PATH. */
  readonly environment: Readonly<Record<string, string>>
  /** Told what happens, a line at a time. */
  readonly say: (line: string) => void
  /** Ends a start that is under way. */
  readonly signal?: AbortSignal
  /** Services of which a second instance runs beside the first, as `<name>-2`. */
  readonly doubles?: readonly string[]
}

/** Where the parts stand, and what keeps track of all that was started. */
export type Ground = GroundOptions & {
  start<Where extends Address>(starting: Omit<Starting<Where>, "lost">): Promise<Part<Where>>
  /** Ends all of it: what stands on others before what it stands on. */
  stop(): Promise<void>
}

export const layGround = (options: GroundOptions): Ground => {
  const { say, signal } = options
  const layers = new Map<number, Promise<Part<Address>>[]>()
  const lost = (name: string, code: number) => say(`${name} ended by itself with ${code}`)
  const begin = async <Where extends Address>(starting: Omit<Starting<Where>, "lost">) => {
    const begun_ms = performance.now()
    const part = await startPart({ ...starting, lost })
    say(`${starting.name} is ready after ${((performance.now() - begun_ms) / 1000).toFixed(1)} s`)
    return part
  }
  return {
    ...options,
    start(starting) {
      signal?.throwIfAborted()
      const layer = layerOf(starting.name)
      const part = begin(starting)
      layers.set(layer, [...(layers.get(layer) ?? []), part as unknown as Promise<Part<Address>>])
      return part
    },
    async stop() {
      for (const layer of [...layers.keys()].sort((a, b) => b - a)) {
        const parts = await Promise.allSettled(layers.get(layer) ?? [])
        await Promise.all(parts.map((part) => (part.status === "fulfilled" ? part.value.stop() : undefined)))
      }
    },
  }
}

/** The worker ends before the services that it reports to, and those before what they keep things in. */
const layerOf = (name: string): number => {
  if (["postgres", "kafka", "mongo", "versitygw"].includes(name)) return 0
  return name.startsWith("worker") || name === "envoy" ? 2 : 1
}
