import { randomBytes } from "node:crypto"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { runCommand } from "#deploy/engines/command.ts"
import { key_bytes } from "#kernel/auth/platform-key.ts"

const secret = { mode: 0o600 }
const root = join(import.meta.dir, "..", "..")

/** The platform's master key, made at the first start. */
export const keyFile = (data: string): string => {
  const file = join(data, "key")
  if (!existsSync(file)) writeFileSync(file, `${randomBytes(key_bytes).toString("base64")}\n`, secret)
  return file
}

/** An API token of the first owner, who is made at the first start. */
export const ownerToken = async (data: string, environment: Record<string, string>): Promise<string> => {
  const file = join(data, "token")
  if (existsSync(file)) return readFileSync(file, "utf8").trim()
  const words = [process.execPath, join(root, "services", "iam", "owner", "main.ts")]
  const token = (await runCommand({ words, environment, max_ms: 30_000 })).trim()
  writeFileSync(file, `${token}\n`, secret)
  return token
}
