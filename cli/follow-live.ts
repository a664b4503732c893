import type { Client } from "#sdk/client.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"
import type { Io } from "./io.ts"
import { outcomeCode } from "./outcome.ts"
import type { Shown } from "./screen/screen.tsx"

type Following = { readonly client: Client; readonly run_id: string; readonly signal: AbortSignal }

/** The run on a screen of its own until it has ended; then its summary, and the code of its outcome. */
export const followLive = async ({ client, run_id, signal }: Following, io: Io): Promise<number> => {
  // Loaded only here: a command that shows nothing alive begins in a third of the time.
  const [{ watchLive }, { recapLines }, { openStage }] = await Promise.all([
    import("./watch/live.ts"),
    import("./watch/recap.ts"),
    import("./screen/stage.tsx"),
  ])
  const show = async (shown: Shown) => (await openStage(shown, io)).close
  const watched = await watchLive({ client, run_id, signal, show, is_inner: false })
  if (watched.kind === "rerun") {
    io.note(`Run ${watched.run_id}, which does it again`)
    return followLive({ client, run_id: watched.run_id, signal }, io)
  }
  if (watched.kind !== "ended") throw new Failure(exit_codes.interrupted, leftWords(run_id))
  const run = await client.runs.get(run_id)
  for (const line of await recapLines({ client, run, state: watched.state }, io)) io.out(line)
  return outcomeCode(run)
}

export const leftWords = (run_id: string): string =>
  `Not waiting any more. The run goes on; \`wf watch ${run_id}\` follows it again.`
