import type { Client, CreateJob } from "#sdk/index.ts"
import { asJson, cleanLine } from "../../clean.ts"
import { flag, type Given, type Options, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { readInteger, readNumber } from "../../duration.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import type { Io } from "../../io.ts"
import { readJobs } from "../../job-file.ts"
import { readLimits } from "../../job-limits.ts"

export const run = async ({ arguments: [type], options }: Given, io: Io): Promise<number> => {
  const file = text(options, "file")
  if ((file === undefined) === (type === undefined)) {
    throw new Failure(exit_codes.usage, "Give a type, or `--file` with a job on each line.")
  }
  if (file !== undefined) return createAll(connect(options, io), readJobs(file, io), { options, io })
  const wanted = { type: type ?? "", ...(await readWanted(options, io)) }
  const job = await connect(options, io).jobs.create(wanted)
  io.out(flag(options, "json") ? asJson(job) : job.id)
  return exit_codes.done
}

const readPayload = async (given: string | undefined, io: Io): Promise<{ payload?: unknown }> => {
  if (given === undefined) return {}
  const words = given === "-" ? await io.readStdin() : given
  try {
    return { payload: JSON.parse(words) as unknown }
  } catch {
    throw new Failure(exit_codes.usage, "--payload takes JSON, or `-` for JSON from stdin.")
  }
}

const readWanted = async (options: Options, io: Io): Promise<Omit<CreateJob, "type">> => {
  const priority = readInteger("--priority", text(options, "priority"))
  const max_retries = readNumber("--max-retries", text(options, "maxRetries"))
  const queue = text(options, "queue")
  const run_at = text(options, "runAt")
  const timeout = text(options, "timeout")
  const idempotency_key = text(options, "key")
  return {
    ...(await readPayload(text(options, "payload"), io)),
    ...(queue !== undefined && { queue }),
    ...(priority !== undefined && { priority }),
    ...(max_retries !== undefined && { max_retries }),
    ...(run_at !== undefined && { run_at }),
    ...(timeout !== undefined && { timeout }),
    ...(idempotency_key !== undefined && { idempotency_key }),
    ...readLimits(options),
  }
}

const max_batch = 500

type Shown = { readonly options: Options; readonly io: Io }

/** Each job's id is printed as soon as it is made; those that are refused are told beside it. */
const createAll = async (
  client: Client,
  jobs: AsyncIterable<CreateJob>,
  { options, io }: Shown,
): Promise<number> => {
  let refused = 0
  let line = 0
  const send = async (batch: readonly CreateJob[]) => {
    const { items } = await client.jobs.createMany(batch)
    for (const { job, problem } of items) {
      line += 1
      if (job) io.out(flag(options, "json") ? asJson(job) : job.id)
      if (!problem) continue
      refused += 1
      io.note(cleanLine(`wf: job ${line}: ${problem.detail}`))
    }
  }
  let batch: CreateJob[] = []
  for await (const job of jobs) {
    batch.push(job)
    if (batch.length < max_batch) continue
    await send(batch)
    batch = []
  }
  if (batch.length > 0) await send(batch)
  return refused === 0 ? exit_codes.done : exit_codes.usage
}
