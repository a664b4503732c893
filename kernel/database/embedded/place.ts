import { createHash } from "node:crypto"
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Account, mayDo } from "./account.ts"
import { EmbeddedRefusal } from "./refusal.ts"

const system_folder = "/var/lib/wf"
/** The operating systems' limits are 107 (Linux) and 103 (macOS) bytes for a socket's whole path. */
const max_socket_folder_bytes = 100 - "/.s.PGSQL.65535".length

const canEnter = 'cd -- "$1"'

/** Of a folder, the same on every start. */
const fingerprint = (folder: string): string =>
  createHash("sha256").update(realpathSync(folder)).digest("hex").slice(0, 16)

const openToPassers = (folder: string): void => {
  const { mode, uid } = statSync(folder)
  if (uid === process.getuid?.()) chmodSync(folder, (mode & 0o777) | 0o011)
}

const usable = (folder: string, account: Account): boolean => {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o711 })
    openToPassers(folder)
    return statSync(folder).uid === process.getuid?.() && mayDo(account, canEnter, folder)
  } catch {
    return false
  }
}

const elsewhere = (data: string, account: Account): string => {
  const name = fingerprint(data)
  const candidates = [join(system_folder, name), join(tmpdir(), `wf-data-${name}`)]
  const found = candidates.find((folder) => usable(folder, account))
  if (found) return found
  throw new EmbeddedRefusal(
    "no_account",
    `The account that runs PostgreSQL (uid ${account?.uid}) can reach neither ${data} nor ${candidates.join(" nor ")}. ` +
      "Choose a data folder whose parent folders it may enter, or start as an ordinary user.",
  )
}

/**
 * Where the data really is: in the folder asked for, unless the account that runs PostgreSQL can't get there
 * (root's home is closed to it). Then it is elsewhere, and the folder remembers where.
 */
export const choosePlace = (data: string, account: Account): string => {
  const memory = join(data, "location")
  if (existsSync(memory)) {
    const place = readFileSync(memory, "utf8").trim()
    if (existsSync(place)) return place
    throw new EmbeddedRefusal(
      "data_missing",
      `The data of ${data} was kept in ${place}, which is gone. Bring it back, or remove ${memory} to start anew.`,
    )
  }
  if (account === undefined || existsSync(join(data, "cluster"))) return realpathSync(data)
  openToPassers(data)
  if (mayDo(account, canEnter, data)) return realpathSync(data)
  const place = elsewhere(data, account)
  writeFileSync(memory, `${place}\n`)
  return place
}

/** A folder that only the account may enter. */
export const privateFolder = (folder: string, account: Account): string => {
  mkdirSync(folder, { mode: 0o700 })
  if (account) chownSync(folder, account.uid, account.gid)
  return folder
}

const isOurs = (folder: string, account: Account): boolean => {
  const stats = lstatSync(folder)
  return (
    stats.isDirectory() && stats.uid === (account?.uid ?? process.getuid?.()) && (stats.mode & 0o077) === 0
  )
}

/** The socket's folder: beside the data, or somewhere shorter where the path would be too long. */
export const socketFolder = (place: string, account: Account): string => {
  const beside = join(place, "socket")
  const short = Buffer.byteLength(beside) <= max_socket_folder_bytes
  const folder = short ? beside : join(tmpdir(), `wf-${fingerprint(place)}`)
  if (!existsSync(folder)) return privateFolder(folder, account)
  if (isOurs(folder, account)) return folder
  // Somebody took the name in the shared folder: use one that nobody could foresee.
  const fresh = mkdtempSync(join(tmpdir(), "wf-"))
  if (account) chownSync(fresh, account.uid, account.gid)
  return fresh
}
