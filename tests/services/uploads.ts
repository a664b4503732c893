import { until } from "#kernel/testing/until.ts"
import type { Artifact, Client } from "#sdk/index.ts"

const mib = 1024 ** 2
const kept_before_kill = 3

/** Ends when told, so that something is always on its way. */
const slow = () => {
  const end = Promise.withResolvers<void>()
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(new Uint8Array(mib))
      await end.promise
      controller.close()
    },
  })
  return { body, end: end.resolve }
}

/** A run that waits, so that files can be brought to it. */
export const runForFiles = async ({ workflows, runs }: Client): Promise<string> => {
  const { workflow, version } = await workflows.pushDefinition({
    name: "holds",
    tasks: { wait: { uses: "signal", with: { name: "go" } } },
  })
  return (await runs.start({ workflow, version })).id
}

type Killing = {
  readonly client: Client
  readonly run_id: string
  readonly kills: number
  kill(): Promise<void>
  restart(): Promise<void>
}

/** Brings files while something is killed again and again; answers which were acked. One of each round never comes whole. */
export const bringWhileKilled = async ({ client, run_id, kills, kill, restart }: Killing) => {
  const acked = new Map<string, string>()
  for (let round = 0; round < kills; round += 1) {
    const unfinished = slow()
    const lost = client.artifacts
      .upload(run_id, { name: `lost-${round}`, body: unfinished.body })
      .catch((error: unknown) => String(error))
    const bringing = Promise.allSettled(
      Array.from({ length: 50 }, async (_, index) => {
        const body = crypto.getRandomValues(new Uint8Array(60_000))
        // Every name comes again after each kill: files are replaced, too.
        const kept = await client.artifacts.upload(run_id, { name: `n${index}`, body })
        acked.set(kept.name, kept.sha256)
      }),
    )
    const before = acked.size
    await until("some are kept", () => acked.size >= Math.max(before, kept_before_kill))
    await kill()
    unfinished.end()
    await Promise.all([bringing, lost])
    await restart()
  }
  return acked
}

/** All files of the run, and those whose bytes are not what was kept. */
export const filesOf = async (client: Client, run_id: string) => {
  const files = await Array.fromAsync(client.artifacts.all(run_id))
  const damaged: Artifact[] = []
  for (const file of files) {
    const bytes = await (await client.artifacts.download(run_id, file.name)).bytes()
    const sum = new Bun.CryptoHasher("sha256").update(bytes).digest("hex")
    if (sum !== file.sha256) damaged.push(file)
  }
  return { files, damaged }
}
