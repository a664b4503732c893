import { rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import type { Engine, Running } from "./engine.ts"
import { engines, enginesNamed } from "./engines.ts"
import { engineCache } from "./install.ts"
import { createOwnedFolder } from "./owned-folder.ts"

const usage = `usage: bun deploy/engines/main.ts install [NAME…]
       bun deploy/engines/main.ts start NAME… [--config FILE]

${engines.map((engine) => `  ${engine.name.padEnd(10)} ${engine.version.padEnd(16)} ${engine.size}`).join("\n")}
`

const cache = engineCache(process.env.WF_ENGINES_CACHE)
const say = (text: string) => process.stderr.write(`${text}\n`)

const install = async (chosen: readonly Engine[]) => {
  for (const engine of chosen) {
    const begun = performance.now()
    await engine.install(cache)
    say(`${engine.name} ${engine.version}: ready after ${((performance.now() - begun) / 1000).toFixed(1)} s`)
  }
}

/** Resolves when whoever started us wants no more, or is gone. */
const untilUnwanted = () =>
  new Promise<undefined>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => resolve(undefined))
    process.stdin.on("end", () => resolve(undefined)).resume()
  })

const start = async (chosen: readonly Engine[], config: string | undefined): Promise<number> => {
  await install(chosen)
  const unwanted = untilUnwanted()
  const root = await createOwnedFolder(tmpdir(), "wf-engines")
  const running: [string, Running][] = []
  try {
    for (const engine of chosen) {
      const place = { cache, folder: join(root, engine.name), ...(config === undefined ? {} : { config }) }
      running.push([engine.name, await engine.start(place)])
    }
    const addresses = running.map(([name, { address, pid }]) => [name, { ...address, pid }] as const)
    process.stdout.write(`${JSON.stringify(Object.fromEntries(addresses))}\n`)
    const ended = running.map(async ([name, { exited }]) => `${name} ended by itself with ${await exited}`)
    const complaint = await Promise.race([unwanted, ...ended])
    if (complaint !== undefined) say(complaint)
    return complaint === undefined ? 0 : 1
  } finally {
    await Promise.all(running.map(([, engine]) => engine.stop()))
    await rm(root, { recursive: true, force: true })
  }
}

const run = async (words: readonly string[]): Promise<number> => {
  const { positionals, values } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { config: { type: "string" } },
  })
  const [verb, ...names] = positionals
  if (verb === "install") {
    await install(enginesNamed(names))
    return 0
  }
  if (verb === "start" && names.length > 0) return start(enginesNamed(names), values.config)
  process.stderr.write(usage)
  return 2
}

process.exit(
  await run(process.argv.slice(2)).catch((error: unknown) => {
    say(error instanceof Error ? error.message : String(error))
    return 1
  }),
)
