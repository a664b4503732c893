import type { Client } from "#sdk/index.ts"
import { WfProblem } from "#sdk/problem.ts"
import type { Deed } from "./keys.ts"

/** What is told of it; or the run that goes on in this one's place. */
type Performed = { readonly said: string; readonly next?: string }

type Work = (client: Client, run_id: string) => Promise<Performed>

const again =
  (mode: "all" | "failed"): Work =>
  async ({ runs }, run_id) => ({ said: "", next: (await runs.rerun(run_id, { mode })).id })

const works: Readonly<Record<"cancel" | "pause" | "resume" | "rerun" | "rerun_failed", Work>> = {
  async cancel({ runs }, run_id) {
    await runs.cancel(run_id)
    return { said: "It is being stopped." }
  },
  async pause({ runs }, run_id) {
    await runs.pause(run_id)
    return { said: "Paused: what runs goes on, nothing new begins. p lets it go on." }
  },
  async resume({ runs }, run_id) {
    await runs.resume(run_id)
    return { said: "It goes on." }
  },
  rerun: again("all"),
  rerun_failed: again("failed"),
}

/** Does what a key asks for; a refusal is told like anything else. */
export const perform = async (
  client: Client,
  run_id: string,
  deed: Exclude<Deed, { readonly deed: "leave" }>,
): Promise<Performed> => {
  try {
    if (deed.deed !== "approve" && deed.deed !== "reject") return await works[deed.deed](client, run_id)
    await client.runs[deed.deed](run_id, deed.task)
    return { said: deed.deed === "approve" ? `You agreed to ${deed.task}.` : `You rejected ${deed.task}.` }
  } catch (error) {
    if (error instanceof WfProblem) return { said: `${error.message} ${error.next}` }
    return { said: error instanceof Error ? error.message : String(error) }
  }
}
