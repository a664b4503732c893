import { resolve } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { isAlive } from "#kernel/config/alive.ts"
import { type Given, text } from "../../command.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import type { Io } from "../../io.ts"
import { again, processOf } from "../../platform.ts"

const stop_ms = 15_000
const look_ms = 50

export const run = async ({ options }: Given, io: Io): Promise<number> => {
  if (process.versions.bun === undefined) return again("`wf down`", io)
  const data = resolve(text(options, "data") ?? "./.wf")
  const process_id = processOf(data)
  if (process_id === undefined) {
    io.note(`Nothing runs on ${data}.`)
    return exit_codes.done
  }
  end(process_id)
  const until_ms = performance.now() + stop_ms
  while (isAlive(process_id)) {
    if (performance.now() > until_ms) {
      throw new Failure(
        exit_codes.timed_out,
        `Process ${process_id} has not ended within ${stop_ms / 1000} s.`,
      )
    }
    await wait(look_ms)
  }
  io.note("Stopped.")
  return exit_codes.done
}

const end = (process_id: number): void => {
  try {
    process.kill(process_id, "SIGTERM")
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === "ESRCH") return
    throw new Failure(
      exit_codes.denied,
      `Process ${process_id} belongs to somebody else. Stop it as the user who started it.`,
    )
  }
}
