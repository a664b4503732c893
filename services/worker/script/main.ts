import { writeFileSync } from "node:fs"
import { rm } from "node:fs/promises"
import { pathToFileURL } from "node:url"
import type { ScriptContext } from "#language/script-context.ts"
import type { Given, Returned } from "./exchange.ts"

/** The process of one script: it reads what it is given, calls the function, writes what that returned, and ends. */
const [given_path = "", result_path = ""] = process.argv.slice(2)

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const kindOf = (value: unknown): string => {
  if (value === null) return "null"
  return Array.isArray(value) ? "a list" : typeof value
}

const write = (line: string): void => void process.stdout.write(`${line}\n`)

const asLine = (value: unknown): string => (typeof value === "string" ? value : Bun.inspect(value))

const failed = (error: unknown): Returned => {
  const { name, message, stack } = error instanceof Error ? error : new Error(asLine(error))
  process.stderr.write(`${stack ?? message}\n`)
  const wishes = isMapping(error) || error instanceof Error ? (error as Record<string, unknown>) : {}
  const { non_retryable, retry_after_ms } = wishes
  return {
    ok: false,
    code: "script.failed",
    message: `${name}: ${message}`,
    non_retryable: non_retryable === true,
    ...(typeof retry_after_ms === "number" && retry_after_ms >= 0 && { retry_after_ms }),
  }
}

const invalid = (message: string): Returned => ({
  ok: false,
  code: "script.invalid",
  message,
  non_retryable: true,
})

const load = async ({ module_path, is_inline }: Given): Promise<unknown> => {
  try {
    const loaded: unknown = await import(pathToFileURL(module_path).href)
    return isMapping(loaded) ? Reflect.get(loaded, "default") : undefined
  } finally {
    if (is_inline) await rm(module_path, { force: true })
  }
}

const call = async (given: Given): Promise<Returned> => {
  const body = await load(given)
  if (typeof body !== "function") {
    return invalid(
      "The script needs a default export that is a function: `export default async ({ tasks }) => ({ … })`.",
    )
  }
  const outputs: Record<string, unknown> = {}
  const log: ScriptContext["log"] = (...values) => write(values.map(asLine).join(" "))
  const returned: unknown = await body({ ...given.context, outputs, log })
  if (returned === undefined) return { ok: true, outputs }
  if (isMapping(returned)) return { ok: true, outputs: { ...outputs, ...returned } }
  return invalid(
    `A script returns an object, whose entries are its outputs; it returned ${kindOf(returned)}.`,
  )
}

/** Its end comes after all that was written; what is written last is told to be out while a slow reader still waits for more. */
const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => stream.end(() => resolve()))

const finish = async (returned: Returned): Promise<void> => {
  writeFileSync(result_path, asText(returned))
  await flushed(process.stdout)
  await flushed(process.stderr)
  process.exit(returned.ok ? 0 : 1)
}

const asText = (returned: Returned): string => {
  try {
    return JSON.stringify(returned)
  } catch (error) {
    return JSON.stringify(invalid(`What the script returned can't be written as JSON: ${String(error)}`))
  }
}

const given: Given = await Bun.file(given_path).json()
// What it is given may be secret: nothing that is started from here on finds it.
await rm(given_path, { force: true })
// What nobody awaits fails the script too: its function would never hear of it.
process.on("unhandledRejection", (error) => void finish(failed(error)))
process.on("uncaughtException", (error) => void finish(failed(error)))
await finish(await call(given).catch(failed))
