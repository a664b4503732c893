import { readFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { platformKey } from "#kernel/auth/platform-key.ts"
import { serviceTokens } from "#kernel/auth/service-token.ts"

// Prints a token for calls that only the platform's own services may send: whoever can read its key may make one.
const usage = "Usage: bun deploy/service-token/main.ts --key FILE SERVICE\n"

const { values, positionals } = parseArgs({ options: { key: { type: "string" } }, allowPositionals: true })
const [service] = positionals
if (values.key === undefined || service === undefined || positionals.length > 1) {
  process.stderr.write(usage)
  process.exit(2)
}
const key = platformKey(readFileSync(values.key, "utf8"))
process.stdout.write(`${await serviceTokens("operator", key).issue(service)}\n`)
