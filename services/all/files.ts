import { randomBytes } from "node:crypto"
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { key_bytes } from "#kernel/auth/platform-key.ts"
import { isAlive } from "#kernel/config/alive.ts"
import { UpRefusal, up_codes } from "./refusal.ts"

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
  /** Nothing is reached here any more, though the process may still be ending. */
  withdraw(): void
  leave(): void
  url(): string | undefined
  /** Whether the process that announced itself here is alive. */
  isHeld(): boolean
}

const secret = { mode: 0o600 }

const reasons: Readonly<Record<string, string>> = {
  EACCES: "you may not write there",
  EPERM: "you may not write there",
  EROFS: "it is on a file system that is read-only",
  ENOTDIR: "there is a file in the way",
  ENOENT: "nothing can be made there",
  ENOSPC: "there is no space left there",
}

/** The folder, usable; people may pass through it to PostgreSQL's, but not look around in it. */
const prepareFolder = (path: string, log: string): void => {
  if (existsSync(path) && !statSync(path).isDirectory())
    throw new UpRefusal(
      up_codes.usage,
      `${path} is a file. --data takes a folder, which is made if it isn't there.`,
    )
  try {
    mkdirSync(path, { recursive: true, mode: 0o711 })
    accessSync(path, constants.W_OK | constants.X_OK)
    closeSync(openSync(log, "a", secret.mode))
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException
    throw new UpRefusal(
      up_codes.conflict,
      `${path} can't hold the data: ${reasons[code] ?? String(error)}. Choose a folder of your own with --data DIR.`,
    )
  }
}

export const dataFolder = (path: string): DataFolder => {
  const file = (name: string) => join(path, name)
  const read = (name: string) =>
    existsSync(file(name)) ? readFileSync(file(name), "utf8").trim() : undefined
  prepareFolder(path, file("log"))
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
    withdraw: () => rmSync(file("url"), { force: true }),
    leave: () => rmSync(file("pid"), { force: true }),
    url: () => read("url"),
    isHeld() {
      const process_id = Number(read("pid") ?? 0)
      return process_id > 0 && isAlive(process_id)
    },
  }
}
