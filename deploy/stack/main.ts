import { resolve } from "node:path"
import { parseArgs } from "node:util"
import { engineCache } from "#deploy/engines/install.ts"
import { startStack } from "./stack.ts"

const usage = `usage: bun run stack [--port 4500] [--data DIR] [--until-eof]

Starts every service as a process of its own on Kafka, PostgreSQL, a MongoDB double, S3 and Envoy, prints one line of
JSON when all are ready, and ends them on SIGINT or SIGTERM; with --until-eof also when standard input ends.
`

const say = (text: string) => process.stderr.write(`${text}\n`)

const readOptions = () => {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "4500" },
      data: { type: "string", default: "./.wf-stack" },
      "until-eof": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  })
  if (values.help || !/^\d{1,5}$/.test(values.port)) {
    say(usage)
    process.exit(values.help ? 0 : 2)
  }
  return { data: resolve(values.data), port: Number(values.port), until_eof: values["until-eof"] }
}

/** Aborts when whoever started us wants no more, or is gone. */
const untilUnwanted = (until_eof: boolean): AbortSignal => {
  const unwanted = new AbortController()
  const end = () => unwanted.abort(new Error("the stack is no longer wanted"))
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, end)
  if (until_eof) process.stdin.on("end", end).resume()
  return unwanted.signal
}

const pidsOf = (parts: Iterable<readonly [string, { pid(): number }]>) =>
  Object.fromEntries([...parts].map(([name, part]) => [name, part.pid()]))

const run = async () => {
  const { data, port, until_eof } = readOptions()
  const signal = untilUnwanted(until_eof)
  const environment = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
  const cache = engineCache(process.env.WF_ENGINES_CACHE)
  const stack = await startStack({ data, port, cache, environment, say, signal })
  const { url, token, services } = stack
  const engines = Object.fromEntries(
    Object.entries(stack.engines).map(([name, part]) => [name, { ...part.address, pid: part.pid() }]),
  )
  process.stdout.write(`${JSON.stringify({ url, token, pids: pidsOf(services), engines })}\n`)
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve))
  await stack.stop()
}

try {
  await run()
  process.exit(0)
} catch (error) {
  say(error instanceof Error ? error.message : String(error))
  process.exit(1)
}
