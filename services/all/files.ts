import { randomBytes } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { key_bytes } from "#kernel/auth/platform-key.ts"

/** What `wf up` keeps in its data folder, beside the database. */
export type DataFolder = {
  readonly path: string
  readonly log: string
  readonly token_file: string
  /** The master key, made at the first start. */
  key(): string
  token(): string | undefined
  writeToken(token: string): void
  /** Says where the platform can be reached, and which process it is. */
  announce(url: string): void
  withdraw(): void
  url(): string | undefined
  /** Whether the process that announced itself here is alive. */
  isHeld(): boolean
}

const isAlive = (process_id: number): boolean => {
  if (process_id <= 0) return false
  try {
    process.kill(process_id, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}

const secret = { mode: 0o600 }

export const dataFolder = (path: string): DataFolder => {
  const file = (name: string) => join(path, name)
  const read = (name: string) =>
    existsSync(file(name)) ? readFileSync(file(name), "utf8").trim() : undefined
  mkdirSync(path, { recursive: true, mode: 0o711 })
  return {
    path,
    log: file("log"),
    token_file: file("token"),
    key() {
      const known = read("key")
      if (known) return known
      const made = randomBytes(key_bytes).toString("base64")
      writeFileSync(file("key"), `${made}\n`, secret)
      return made
    },
    token: () => read("token"),
    writeToken: (token) => writeFileSync(file("token"), `${token}\n`, secret),
    announce(url) {
      writeFileSync(file("url"), `${url}\n`)
      writeFileSync(file("pid"), `${process.pid}\n`)
    },
    withdraw() {
      rmSync(file("url"), { force: true })
      rmSync(file("pid"), { force: true })
    },
    url: () => read("url"),
    isHeld: () => isAlive(Number(read("pid") ?? 0)),
  }
}
