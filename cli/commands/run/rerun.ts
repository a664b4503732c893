import type { Definition } from "#language/schema.ts"
import type { Client, Run } from "#sdk/index.ts"
import { flag, type Given, type Options, text, texts } from "../../command.ts"
import { connect } from "../../connection.ts"
import { readDuration } from "../../duration.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import { followRun } from "../../follow-run.ts"
import type { Io } from "../../io.ts"
import { readSomeInputs } from "../../run-inputs.ts"

/** Starts the run anew and follows it; with `--all-failed` many of them, which it doesn't wait for. */
export const run = async ({ arguments: [run_id], options }: Given, io: Io): Promise<number> => {
  const client = connect(options, io)
  if (flag(options, "allFailed")) return rerunMany(client, { run_id, options }, io)
  if (run_id === undefined) {
    throw new Failure(exit_codes.usage, "Name the run, or say `--all-failed` for all that have failed.")
  }
  const timeout_ms = readDuration("--timeout", text(options, "timeout"))
  const started = await rerunOne(client, run_id, options)
  if (flag(options, "detach")) {
    io.out(started.id)
    return exit_codes.done
  }
  const json = flag(options, "json")
  if (!json) io.note(`Run ${started.id} of ${started.workflow}, version ${started.version}`)
  return followRun(
    { client, run_id: started.id, json, logs: !json, plain: flag(options, "plain"), timeout_ms },
    io,
  )
}

type Mode = { readonly mode: "all" | "failed" | "from"; readonly task?: string }

const modeOf = (options: Options): Mode => {
  const task = text(options, "from")
  if (task !== undefined && flag(options, "failed")) {
    throw new Failure(exit_codes.usage, "`--failed` and `--from` exclude each other.")
  }
  if (task !== undefined) return { mode: "from", task }
  return { mode: flag(options, "failed") ? "failed" : "all" }
}

const rerunOne = async (client: Client, run_id: string, options: Options): Promise<Run> => {
  const mode = modeOf(options)
  const isNewest = flag(options, "latest")
  if (!isNewest && texts(options, "input").length === 0) return client.runs.rerun(run_id, mode)
  const { workflow, version } = await client.runs.get(run_id)
  if (version === 0) {
    const message =
      "This run is of no workflow's version, so it is rerun as it was: without `--latest` and `-i`."
    throw new Failure(exit_codes.usage, message)
  }
  const { definition, version: newest } = isNewest
    ? await client.workflows.get(workflow)
    : await client.workflows.version(workflow, version)
  const inputs = readSomeInputs(options, (definition as Definition).inputs)
  if (!isNewest) return client.runs.rerun(run_id, { ...mode, inputs })
  return client.runs.start({ workflow, version: newest, inputs, rerun: { of: run_id, ...mode } })
}

type Many = { readonly run_id: string | undefined; readonly options: Options }

const rerunMany = async (client: Client, { run_id, options }: Many, io: Io): Promise<number> => {
  if (run_id !== undefined)
    throw new Failure(exit_codes.usage, "Name a run, or say `--all-failed`; not both.")
  const { mode } = modeOf(options)
  if (mode === "from") throw new Failure(exit_codes.usage, "`--from` goes with one run.")
  const workflow = text(options, "workflow")
  const since_ms = readDuration("--since", text(options, "since"))
  const since = since_ms === undefined ? undefined : new Date(io.now().getTime() - since_ms).toISOString()
  // A rerun may fail before the last one is started, and is not to be chosen itself.
  const until = io.now().toISOString()
  let count = 0
  for (;;) {
    const { started, more } = await client.runs.rerunMany({
      ...{ status: "failed", mode, until },
      ...(workflow !== undefined && { workflow }),
      ...(since !== undefined && { since }),
    })
    for (const id of started) io.out(id)
    count += started.length
    if (!more || started.length === 0) break
  }
  io.note(count === 1 ? "1 run was started." : `${count} runs were started.`)
  return exit_codes.done
}
