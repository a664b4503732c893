import { mkdirSync } from "node:fs"
import { until } from "#kernel/testing/until.ts"

const isAnswering = (port: number): Promise<boolean> =>
  Bun.connect({ hostname: "127.0.0.1", port, socket: { data: () => undefined } }).then(
    (socket) => {
      socket.end()
      return true
    },
    () => false,
  )

/** As durable as the others: every write is on the disk before it is answered. */
export const startRedis = async (folder: string, port: number): Promise<() => Promise<void>> => {
  const server = Bun.which("redis-server")
  if (server === null) throw new Error("there is no redis-server on PATH (Debian's package is redis-server)")
  mkdirSync(folder, { recursive: true })
  const durable = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
  const words = [server, "--bind", "127.0.0.1", "--port", String(port), "--dir", folder, ...durable]
  const child = Bun.spawn(words, { stdin: "ignore", stdout: "ignore", stderr: "ignore" })
  const stop = async () => {
    child.kill("SIGTERM")
    await child.exited
  }
  await until("Redis", () => isAnswering(port)).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return stop
}
