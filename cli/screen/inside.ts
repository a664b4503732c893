import type { Client } from "#sdk/client.ts"
import { watchLive } from "../watch/live.ts"
import type { Shown } from "./screen.tsx"
import type { Stage } from "./stage.tsx"

/** How somebody left a screen. */
export type Left = "left" | "interrupted"

type Inside = {
  readonly client: Client
  readonly run_id: string
  readonly stage: Stage
  readonly signal: AbortSignal
}

/** The run in the place of the rest, and the one that does it again, until somebody goes back. */
export const watchInside = async ({ client, run_id, stage, signal }: Inside): Promise<Left> => {
  const show = async (shown: Shown) => {
    stage.show(shown)
    return async () => undefined
  }
  const watched = await watchLive({ client, run_id, signal, show, is_inner: true })
  if (watched.kind === "rerun") return watchInside({ client, run_id: watched.run_id, stage, signal })
  return watched.kind === "interrupted" ? "interrupted" : "left"
}
