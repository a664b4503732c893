import { startEmbedded } from "#kernel/database/embedded/start.ts"
import { silentLog } from "#kernel/telemetry/log.ts"

// A process of its own that holds an embedded PostgreSQL until its standard input ends, or until it is killed.
const data = process.argv[2] ?? ""
try {
  const embedded = await startEmbedded({ data, log: silentLog, settings: { fsync: "off" } })
  const { url, place, cluster } = embedded
  await Bun.write(Bun.stdout, `${JSON.stringify({ url, place, cluster })}\n`)
  await Bun.stdin.text()
  await embedded.stop()
} catch (error) {
  await Bun.write(Bun.stdout, `${JSON.stringify({ refused: String(error) })}\n`)
}
