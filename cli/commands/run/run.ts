import { refusalOf } from "#language/constructs.ts"
import { parseWorkflow } from "#language/parse.ts"
import { compile } from "#language/plan.ts"
import type { Definition } from "#language/schema.ts"
import type { Client } from "#sdk/index.ts"
import { flag, type Given, type Options, text } from "../../command.ts"
import { findConnection } from "../../connection.ts"
import { readDuration, readNumber } from "../../duration.ts"
import { exit_codes } from "../../exit.ts"
import { followRun } from "../../follow-run.ts"
import type { Io } from "../../io.ts"
import { localPlatform } from "../../local.ts"
import { readInputs } from "../../run-inputs.ts"
import { looksLikeFile, readWorkflow } from "../../workflow-file.ts"
import { noteProblems } from "../workflows/validate.ts"

/** A file is checked before anything is started or sent. */
export const run = async ({ arguments: [target = ""], options }: Given, io: Io): Promise<number> => {
  const source = looksLikeFile(target) ? readWorkflow(target) : undefined
  if (source !== undefined && !isStartable({ target, source, options }, io)) return exit_codes.usage
  const wanted = { target, source, options }
  const connection = flag(options, "local") ? undefined : findConnection(options, io)
  if (connection) return startAndFollow(connection.client, wanted, io)
  const local = await localPlatform(io)
  try {
    return await startAndFollow(local.client, wanted, io)
  } finally {
    await local.stop()
  }
}

/** What would be refused once it is pushed is refused before: no version is made for it. */
const isStartable = (
  { target, source, options }: { target: string; source: string; options: Options },
  io: Io,
): boolean => {
  if (!noteProblems(target, source, io)) return false
  const parsed = parseWorkflow(source)
  if (!parsed.ok) return false
  const refusal = refusalOf(compile(parsed.definition).constructs)
  if (refusal !== undefined) {
    io.note(`${refusal} Leave that out, or \`wf push\` the file and start it after an upgrade.`)
    return false
  }
  readInputs({ options, inputs: parsed.definition.inputs, now: io.now() })
  return true
}

type Wanted = { readonly target: string; readonly source: string | undefined; readonly options: Options }

type Chosen = { readonly workflow: string; readonly version: number; readonly inputs: Definition["inputs"] }

const choose = async (client: Client, { target, source, options }: Wanted): Promise<Chosen> => {
  const { definition, version } = await versionOf(client, { target, source, options })
  const { name, inputs } = definition as Definition
  return { workflow: name, version, inputs }
}

const versionOf = async (
  client: Client,
  { target, source, options }: Wanted,
): Promise<{ readonly version: number; readonly definition?: unknown }> => {
  if (source !== undefined) return client.workflows.push(source, target)
  const number = readNumber("--version", text(options, "version"))
  if (number !== undefined) return client.workflows.version(target, number)
  return client.workflows.get(target)
}

const startAndFollow = async (client: Client, wanted: Wanted, io: Io): Promise<number> => {
  const { options } = wanted
  const timeout_ms = readDuration("--timeout", text(options, "timeout"))
  const { workflow, version, inputs } = await choose(client, wanted)
  const started = await client.runs.start({
    workflow,
    version,
    inputs: readInputs({ options, inputs, now: io.now() }),
  })
  if (flag(options, "detach")) {
    io.out(started.id)
    return exit_codes.done
  }
  const json = flag(options, "json")
  if (!json) io.note(`Run ${started.id} of ${workflow}, version ${version}`)
  return followRun({ client, run_id: started.id, json, logs: !json, timeout_ms }, io)
}
