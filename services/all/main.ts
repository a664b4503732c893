import { resolve } from "node:path"
import { parseArgs } from "node:util"
import { UpRefusal, up_codes } from "./refusal.ts"
import { up } from "./up.ts"

const stop_ms = 9_500

const voice = {
  print: (line: string) => process.stdout.write(`${line}\n`),
  say: (text: string) => process.stderr.write(`${text}\n`),
}

const readOptions = () => {
  const { values } = parseArgs({
    options: {
      data: { type: "string", default: "./.wf" },
      port: { type: "string", default: "4400" },
      json: { type: "boolean", default: false },
      attached: { type: "boolean", default: false },
      detached: { type: "boolean", default: false },
    },
  })
  const port = Number(values.port)
  const whole = /^\d{1,5}$/.test(values.port) && port < 65_535
  if (!whole)
    throw new UpRefusal(up_codes.usage, `--port takes a number from 0 to 65534, not \`${values.port}\`.`)
  return { ...values, data: resolve(values.data), port, environment: process.env }
}

const run = async () => {
  const options = readOptions()
  const platform = await up(options, voice)
  if (!platform) return
  let stopping = false
  const stop = (code: number) => {
    if (stopping) return
    stopping = true
    if (!options.attached) voice.say("Stopping …")
    // Whatever still holds on after this is ended with the process.
    setTimeout(() => process.exit(up_codes.failed), stop_ms).unref()
    void platform.stop().then(
      () => process.exit(code),
      () => process.exit(up_codes.failed),
    )
  }
  process.on("SIGINT", () => stop(up_codes.interrupted))
  process.on("SIGTERM", () => stop(0))
  process.on("SIGHUP", () => stop(0))
  // Whoever started it keeps this pipe open, and lets go of it however they end.
  if (options.attached) process.stdin.resume().on("end", () => stop(0))
  void platform.gone.then((error) => {
    voice.say(`PostgreSQL ended and could not be started again: ${error.message}`)
    stop(up_codes.failed)
  })
}

try {
  await run()
} catch (error) {
  if (!(error instanceof UpRefusal)) throw error
  voice.say(`wf up: ${error.message}`)
  process.exit(error.exit_code)
}
