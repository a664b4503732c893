import { refusalOf } from "#language/constructs.ts"
import { compile } from "#language/plan.ts"
import type { Definition } from "#language/schema.ts"
import type { Client } from "#sdk/index.ts"
import { type Authored, pushAuthored, readOne } from "../../authored.ts"
import { flag, type Given, type Options, text } from "../../command.ts"
import { findConnection } from "../../connection.ts"
import { readDuration, readNumber } from "../../duration.ts"
import { exit_codes } from "../../exit.ts"
import { followRun } from "../../follow-run.ts"
import type { Io } from "../../io.ts"
import { localPlatform } from "../../local.ts"
import { readInputs } from "../../run-inputs.ts"
import { looksLikeFile } from "../../workflow-file.ts"

/** A file is checked before anything is started or sent. */
export const run = async ({ arguments: [target = ""], options }: Given, io: Io): Promise<number> => {
  const authored = looksLikeFile(target) ? await readOne(target, io) : undefined
  if (looksLikeFile(target) && !isStartable({ authored, options }, io)) return exit_codes.usage
  const wanted = { target, authored, options }
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
const isStartable = ({ authored, options }: Omit<Wanted, "target">, io: Io): boolean => {
  if (!authored) return false
  const { definition } = authored
  const refusal = refusalOf(compile(definition).constructs)
  if (refusal !== undefined) {
    io.note(`${refusal} Leave that out, or \`wf push\` the file and start it after an upgrade.`)
    return false
  }
  readInputs({ options, inputs: definition.inputs, now: io.now() })
  return true
}

type Wanted = {
  readonly target: string
  readonly authored: Authored | undefined
  readonly options: Options
}

type Chosen = { readonly workflow: string; readonly version: number; readonly inputs: Definition["inputs"] }

const choose = async (client: Client, wanted: Wanted): Promise<Chosen> => {
  const { definition, version } = await versionOf(client, wanted)
  const { name, inputs } = definition as Definition
  return { workflow: name, version, inputs }
}

const versionOf = async (
  client: Client,
  { target, authored, options }: Wanted,
): Promise<{ readonly version: number; readonly definition?: unknown }> => {
  if (authored) return pushAuthored(client, authored)
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
  return followRun(
    { client, run_id: started.id, json, logs: !json, plain: flag(options, "plain"), timeout_ms },
    io,
  )
}
