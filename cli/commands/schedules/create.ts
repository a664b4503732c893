import type { Definition } from "#language/schema.ts"
import type { CreateSchedule } from "#sdk/index.ts"
import { type Given, text, texts } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import type { Io } from "../../io.ts"
import { readSomeInputs } from "../../run-inputs.ts"
import { printSchedule } from "../../schedule-table.ts"

const settings = {
  catchUp: "catch_up",
  timezone: "timezone",
  window: "window",
  overlap: "overlap",
  jitter: "jitter",
}

export const run = async ({ arguments: [name = ""], options }: Given, io: Io): Promise<number> => {
  const client = connect(options, io)
  const workflow = text(options, "workflow") ?? name
  const cron = text(options, "cron")
  if (cron === undefined) {
    throw new Failure(
      exit_codes.usage,
      'Say when with `--cron`, for example `--cron "0 2 * * *"`: daily at two.',
    )
  }
  const chosen = Object.entries(settings).flatMap(([option, field]) => {
    const value = text(options, option)
    return value === undefined ? [] : [[field, value] as const]
  })
  const wanted = { name, workflow, cron, ...Object.fromEntries(chosen) }
  if (texts(options, "input").length > 0) {
    const { definition } = await client.workflows.get(workflow)
    Object.assign(wanted, { inputs: readSomeInputs(options, (definition as Definition).inputs) })
  }
  return printSchedule(await client.schedules.create(wanted satisfies CreateSchedule), options, io)
}
