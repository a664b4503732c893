import { createServer } from "node:net"
import type { Kit } from "#kernel/service/kit.ts"
import { UpRefusal, up_codes } from "./refusal.ts"

const isFree = (host: string, port: number): Promise<boolean> =>
  new Promise((answer) => {
    const server = createServer()
    server.once("error", () => answer(false))
    server.listen(port, host, () => server.close(() => answer(true)))
  })

const max_port = 65_535
/** Below those that systems give to connections going out, which might take one before it is listened on. */
const range = { first: 20_000, count: 12_000, max_tries: 100 }

/** 0 picks one. HTTP takes the port, native gRPC the one after it. */
export const choosePort = async (host: string, wanted: number, random: Kit["random"]): Promise<number> => {
  for (let tries = 0; wanted === 0 && tries < range.max_tries; tries += 1) {
    const port = range.first + Math.floor(random() * range.count)
    if ((await isFree(host, port)) && (await isFree(host, port + 1))) return port
  }
  for (const port of [wanted, wanted + 1]) {
    if (await isFree(host, port)) continue
    throw portTaken(port, wanted)
  }
  return wanted
}

/** Another one to try: a bit further on, or any. */
const otherThan = (port: number): number => (port + 11 < max_port ? port + 10 : 0)

export const portTaken = (port: number, wanted: number): UpRefusal => {
  const purpose = port === wanted ? "" : " (native gRPC takes the one after the HTTP port)"
  return new UpRefusal(
    up_codes.conflict,
    `Port ${port}${purpose} is taken by another program. Choose another one with ` +
      `\`wf up --port ${otherThan(wanted)}\`, or end that program.`,
  )
}
