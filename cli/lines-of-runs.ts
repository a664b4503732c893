import { rest } from "#sdk/follow.ts"
import type { Client, LogLine, LogOptions } from "#sdk/index.ts"
import { WfProblem, WfUnreachable } from "#sdk/problem.ts"
import { isEnded } from "#sdk/runs.ts"
import type { Io } from "./io.ts"

const look_ms = 1_000
/** So many runs are followed at once; what else there is comes when there is room. */
const max_followed = 20
const max_listed = 100

type Following = {
  readonly client: Client
  readonly workflow: string
  readonly choice: LogOptions
  readonly take: (line: LogLine) => void
}

/** The lines of all runs of a workflow that go on, and of those that begin later, as they come; until it is interrupted. */
export const linesOfRuns = async (following: Following, io: Io): Promise<void> => {
  const { client, workflow } = following
  const begun_ms = io.now().getTime()
  const seen = new Set<string>()
  const followed = new Set<string>()
  let away = false
  const follow = async (run_id: string): Promise<void> => {
    followed.add(run_id)
    try {
      await takeLines(following, run_id, io)
    } finally {
      followed.delete(run_id)
    }
  }
  while (!io.signal.aborted) {
    try {
      const { items } = await client.runs.list({ workflow, limit: max_listed })
      if (away) io.note("It answers again.")
      away = false
      // What began and ended between two looks is news, too.
      const fresh = items.filter((run) => !isEnded(run) || Date.parse(run.created_at) >= begun_ms)
      const next = fresh.filter(({ id }) => !seen.has(id)).toReversed()
      for (const { id } of next.slice(0, max_followed - followed.size)) {
        seen.add(id)
        void follow(id)
      }
    } catch (error) {
      if (!isPassing(error)) throw error
      if (!away) io.note("The platform doesn't answer; trying again …")
      away = true
    }
    await rest(look_ms, io.signal)
  }
}

const isPassing = (error: unknown): boolean =>
  error instanceof WfUnreachable || (error instanceof WfProblem && error.status >= 500)

const takeLines = async ({ client, choice, take }: Following, run_id: string, io: Io): Promise<void> => {
  try {
    for await (const line of client.runs.logs(run_id, { ...choice, follow: true, signal: io.signal }))
      take(line)
  } catch (error) {
    if (io.signal.aborted) return
    io.note(`(lines of ${run_id} are missing: ${error instanceof Error ? error.message : error})`)
  }
}
