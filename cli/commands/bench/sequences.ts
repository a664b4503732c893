import type { Client } from "#sdk/index.ts"
import { readSize, runBench } from "../../bench.ts"
import { flag, type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { readNumber } from "../../duration.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import { count } from "../../figures.ts"
import type { Io } from "../../io.ts"

const max_steps = 1_000
const unfinished = ["pending", "running", "paused"]

const countRuns = async (client: Client, workflow: string, status: string): Promise<number> => {
  let found = 0
  for await (const _ of client.runs.all({ workflow, status })) found += 1
  return found
}

/** Under a name of their own, so that they are told from other runs. */
export const run = async ({ options }: Given, io: Io): Promise<number> => {
  const size = readSize(options)
  const length = readNumber("--steps", text(options, "steps")) ?? 3
  if (length < 1 || length > max_steps)
    throw new Failure(exit_codes.usage, `--steps is from 1 to ${max_steps}.`)
  const type = text(options, "type") ?? "noop"
  const client = connect(options, io)
  const name = `bench-${crypto.randomUUID().slice(0, 8)}`
  const steps = Array.from({ length }, (_, index) => ({ name: `step-${index + 1}`, type, payload: {} }))
  return runBench(
    {
      noun: "sequences",
      ...size,
      create: () => client.workflows.startSequence({ name, steps }),
      async left() {
        const counts = await Promise.all(unfinished.map((status) => countRuns(client, name, status)))
        return counts.reduce((sum, one) => sum + one, 0)
      },
      async outcome(_, done) {
        const failed = await countRuns(client, name, "failed")
        return [count("completed", Math.max(0, done - failed)), count("failed", failed)]
      },
    },
    flag(options, "json"),
    io,
  )
}
