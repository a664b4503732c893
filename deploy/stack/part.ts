import type { Address, Running } from "#deploy/engines/engine.ts"

/** An engine or a service as one process, which can end and be started again on the same ports. */
export type Part<Where extends Address = Address> = {
  readonly name: string
  readonly address: Where
  pid(): number
  /** Sends the signal and, if it is one that nothing survives, waits until the process is gone. */
  kill(signal: "SIGKILL" | "SIGTERM" | "SIGSTOP" | "SIGCONT"): Promise<void>
  /** Ends it if it is there, and waits until a new one is ready. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export type Starting<Where extends Address> = {
  readonly name: string
  /** Starts it; on these ports if it had some before. */
  readonly start: (ports: readonly number[] | undefined) => Promise<Running<Where>>
  /** Told when the process ended though nobody asked for it. */
  readonly lost: (name: string, code: number) => void
}

export const startPart = async <Where extends Address>(starting: Starting<Where>): Promise<Part<Where>> => {
  const { name, start, lost } = starting
  let wanted = true
  const watched = (process: Running<Where>): Running<Where> => {
    void process.exited.then((code) => {
      if (wanted && process === running) lost(name, code)
    })
    return process
  }
  let running = await start(undefined)
  watched(running)
  return {
    name,
    address: running.address,
    pid: () => running.pid,
    async kill(signal) {
      wanted = signal === "SIGSTOP" || signal === "SIGCONT"
      if (signal === "SIGKILL") await running.kill()
      else process.kill(running.pid, signal)
    },
    async restart() {
      wanted = false
      await running.stop()
      running = await start(running.ports)
      wanted = true
      watched(running)
    },
    async stop() {
      wanted = false
      await running.stop()
    },
  }
}
