import { randomInt } from "node:crypto"
import { createServer } from "node:net"

/** Below those that a system gives to outgoing connections: one of these would have it again before it is listened on. */
const range = { from: 15_000, to: 32_000 }

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(false))
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)))
  })

const given = new Set<number>()

const max_tries = 1_000

const anyFreePort = async (): Promise<number> => {
  for (let tries = 0; tries < max_tries; tries += 1) {
    const port = randomInt(range.from, range.to)
    if (given.has(port) || !(await isFree(port))) continue
    given.add(port)
    return port
  }
  throw new Error(`No port from ${range.from} to ${range.to} is free`)
}

/** The ports that were asked for; free ones in place of those that were not. */
export const takePorts = async <const Names extends readonly string[]>(
  names: Names,
  wanted: readonly number[] = [],
): Promise<{ [Name in Names[number]]: number }> => {
  const entries: [string, number][] = []
  for (const [index, name] of names.entries()) entries.push([name, wanted[index] ?? (await anyFreePort())])
  return Object.fromEntries(entries) as { [Name in Names[number]]: number }
}
