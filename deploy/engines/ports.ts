import { createServer } from "node:net"

const anyFreePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })

/** The ports that were asked for; free ones in place of those that were not. */
export const takePorts = async <const Names extends readonly string[]>(
  names: Names,
  wanted: readonly number[] = [],
): Promise<{ [Name in Names[number]]: number }> => {
  const entries: [string, number][] = []
  for (const [index, name] of names.entries()) entries.push([name, wanted[index] ?? (await anyFreePort())])
  return Object.fromEntries(entries) as { [Name in Names[number]]: number }
}
