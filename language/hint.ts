import type { Path } from "./fault.ts"
import { sections } from "./sections.ts"

type Misfit = { readonly expected: string; readonly found: unknown; readonly path: Path }

/** What an author most often means by a value of another kind, after a colon; nothing where that is anybody's guess. */
export const hint = ({ expected, found, path }: Misfit): string => {
  if (typeof found === "string") return ofText(expected, found.slice(0, max_chars), path)
  if (typeof found === "number") return ofNumber(expected, found, path)
  if (expected === "array") return typeof found === "object" && found !== null ? ": put `- ` before it" : ""
  if (expected === "string" && typeof found === "boolean") return ": put it in quotes"
  const is_section = path.length === 1 && isSection(path[0])
  return is_section && Array.isArray(found) ? ": write each as `NAME: { run: … }`, without `- `" : ""
}

const max_chars = 40

const isSection = (key: unknown): boolean => sections.some((section) => section === key)

/** What can stand in a file as it is, wherever that is. */
const plain = /^[\w ./*-]+$/

const ofText = (expected: string, text: string, path: Path): string => {
  const key = path.at(-1)
  if (expected === "boolean") {
    if (/^(?:yes|no|on|off|y|n)$/i.test(text))
      return `: \`${text}\` is text in YAML 1.2, write \`true\` or \`false\``
    return /^(?:true|false)$/i.test(text) ? ": leave out the quotes" : ""
  }
  if (expected === "number" || expected === "int")
    return /^-?\d+(?:\.\d+)?$/.test(text) ? ": leave out the quotes" : ""
  if (expected === "array" && key === "schedule" && path.length === 1)
    return `: write \`schedule: [{ cron: ${JSON.stringify(text)} }]\``
  if (expected === "array" && typeof key === "string" && plain.test(text))
    return `: write \`${key}: [${text}]\``
  return expected === "object" && path.length === 2 && plain.test(text) ? ofEntry(text, path) : ""
}

const ofEntry = (text: string, [section, name]: Path): string => {
  if (isSection(section)) return `: write \`${name}: { run: ${text} }\``
  return section === "inputs" ? `: write \`${name}: { type: ${text} }\`` : ""
}

const durations: ReadonlySet<unknown> = new Set([
  ...["timeout", "queue_timeout", "heartbeat_timeout", "duration", "initial", "max", "ttl"],
  ...["remind_before", "window", "jitter"],
])
const sizes: ReadonlySet<unknown> = new Set(["memory", "output"])

const ofNumber = (expected: string, found: number, path: Path): string => {
  const key = path.at(-1)
  if (expected === "object" && key === "retries") return `: write \`retries: { max_retries: ${found} }\``
  if (expected !== "string") return ""
  if (durations.has(key)) return `: write \`${found}s\` for seconds`
  return sizes.has(key) ? `: write \`${found}MiB\`` : ""
}
