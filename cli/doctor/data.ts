import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { isAlive } from "#kernel/config/alive.ts"
import { size } from "../table.ts"
import { type Finding, findingsOf } from "./finding.ts"

const { ok, warning, bad } = findingsOf("data")

const mib = 1024 ** 2
const few_bytes = 1024 * mib
const no_bytes = 100 * mib

const mayWrite = (path: string): boolean => {
  try {
    accessSync(path, constants.W_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}

const folder = (path: string): Finding => {
  if (!statSync(path).isDirectory())
    return bad("folder", { says: `${path} is a file`, next: "Name a folder with --data." })
  if (mayWrite(path)) return ok("folder", path)
  const next = "Start the platform as the one who owns it, or choose another with --data."
  return bad("folder", { says: `you may not write into ${path}`, next })
}

const secrets = (path: string): readonly Finding[] =>
  ["token", "key"].flatMap((name) => {
    const file = join(path, name)
    if (!existsSync(file) || (statSync(file).mode & 0o077) === 0) return []
    return [bad(name, { says: `others of this machine may read ${file}`, next: `chmod 600 '${file}'` })]
  })

/** What is left on the disk of a folder. */
export const roomFor = (free_bytes: number): Finding => {
  const says = `${size(free_bytes)} are left on its disk`
  const next = "Make room: PostgreSQL and the files of runs are kept there."
  if (free_bytes < no_bytes) return bad("disk", { says, next })
  return free_bytes < few_bytes ? warning("disk", { says, next }) : ok("disk", says)
}

const read = (path: string): string | undefined =>
  existsSync(path) ? readFileSync(path, "utf8").trim() : undefined

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.on("error", () => resolve(false))
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)))
  })

const usual_port = 4400

const portOf = (url: string | undefined): number => {
  const port = url !== undefined && URL.canParse(url) ? Number(new URL(url).port) : usual_port
  return port > 0 ? port : usual_port
}

const ports = async (port: number): Promise<Finding> => {
  if ((await isFree(port)) && (await isFree(port + 1))) return ok("port", `${port} and ${port + 1} are free`)
  const says = `${port} or ${port + 1} is taken by another program`
  return warning("port", { says, next: `Give \`wf up\` another one, like \`--port ${port + 100}\`.` })
}

const running = async (path: string): Promise<readonly Finding[]> => {
  const { processOf } = await import("../platform.ts")
  const process_id = processOf(path)
  if (process_id !== undefined) return [ok("process", `wf up runs as ${process_id}`)]
  const stale = Number(read(join(path, "pid")) ?? 0)
  const port = await ports(portOf(read(join(path, "url"))))
  if (stale === 0) return [ok("process", "none runs on it: `wf up` starts one"), port]
  const says = isAlive(stale)
    ? `it says that ${stale} runs on it, which is another program by now`
    : `${stale}, which ran on it, has ended without a word`
  return [warning("process", { says, next: "`wf up` begins anew where it was; nothing is lost." }), port]
}

/** The folder of a `wf up` on this machine. */
export const checkData = async (path: string): Promise<readonly Finding[]> => {
  const first = folder(path)
  if (first.verdict === "bad") return [first]
  const { bavail, bsize } = statfsSync(path)
  return [first, ...secrets(path), roomFor(bavail * bsize), ...(await running(path))]
}
