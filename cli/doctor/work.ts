import type { Client } from "#sdk/client.ts"
import { WfProblem } from "#sdk/problem.ts"
import type { Queue, Worker } from "#sdk/shapes.ts"
import type { Connection } from "../connection.ts"
import type { Io } from "../io.ts"
import { type Finding, findingsOf } from "./finding.ts"

const { ok, warning, bad } = findingsOf("work")

const page = { limit: 200 } as const

const identity = async (client: Client): Promise<Finding> => {
  try {
    const { user, workspace } = await client.identity.me()
    return ok("identity", `${user.email}, ${workspace.role} in ${workspace.slug}`)
  } catch (error) {
    if (!(error instanceof WfProblem)) throw error
    const next = error.status === 401 ? "Sign in again with `wf login`." : error.next
    return bad("identity", { says: error.message, next: next || "`wf config list` shows what is sent." })
  }
}

const serves = (queue: string) => (worker: Worker) =>
  worker.queues.length === 0 || worker.queues.includes(queue)

const waiting = (queue: Queue): number => queue.queued + queue.retrying

/** Queues in which something waits that nobody will take. */
export const forsaken = (queues: readonly Queue[], workers: readonly Worker[]): readonly Finding[] =>
  queues
    .filter((queue) => waiting(queue) > 0 && !workers.some(serves(queue.name)))
    .map(({ name, queued }) => {
      const says = `${queued} wait in ${name}, and no worker takes from it`
      return warning(`queue ${name}`, { says, next: "Start a worker for it: `wf help remote-workers`." })
    })

const workers = async (client: Client): Promise<readonly Finding[]> => {
  const [all, queues] = await Promise.all([client.workers.list(page), client.queues.list(page)])
  const there = all.items.filter(({ status }) => status === "busy" || status === "idle")

  const paused = queues.items.filter((queue) => queue.paused && waiting(queue) > 0)
  const none = bad("workers", {
    says: "there is none, so that nothing is run",
    next: "Its operator starts one; a `wf up` brings its own.",
  })
  return [
    there.length === 0 ? none : ok("workers", `${there.length} of them`),
    ...(there.length === 0 ? [] : forsaken(queues.items, there)),
    ...paused.map(({ name, queued }) =>
      warning(`queue ${name}`, {
        says: `it is paused, and ${queued} wait in it`,
        next: `wf queues resume ${name}`,
      }),
    ),
  ]
}

const max_wait_ms = 3_000
const max_age_s = 60
const age = /^outbox_age_seconds\{([^}]*)\} ([\d.e+]+)$/gm

/** What is told to others later than it should be; only whoever may see the metrics is shown this. */
export const lagging = (metrics: string): readonly Finding[] => {
  const readers = [...metrics.matchAll(age)].map(([, labels = "", seconds]) => ({
    labels,
    age_s: Number(seconds),
  }))
  if (readers.length === 0) return []
  const late = readers.filter(({ age_s }) => age_s > max_age_s)
  if (late.length === 0) return [ok("events", "all readers are up to date")]
  return late.map(({ labels, age_s }) => {
    const name = labels.replaceAll(/\w+="([^"]*)"/g, "$1").replaceAll(",", " ")
    const says = `${name} is ${Math.round(age_s)} s behind`
    return warning("events", { says, next: "Its operator finds in the service's log why it doesn't get on." })
  })
}

const events = async (url: string, io: Io): Promise<readonly Finding[]> => {
  const answer = await io
    .fetch(new Request(`${url.replace(/\/+$/, "")}/metrics`, { signal: AbortSignal.timeout(max_wait_ms) }))
    .catch(() => undefined)
  return answer?.ok ? lagging(await answer.text()) : []
}

/** Whether something that is asked for is done. */
export const checkWork = async ({ client, url }: Connection, io: Io): Promise<readonly Finding[]> => {
  const who = await identity(client)
  if (who.verdict === "bad") return [who]
  // What one's role may not see is nobody's fault.
  const found = await workers(client).catch((error: unknown) => {
    if (error instanceof WfProblem) return []
    throw error
  })
  return [who, ...found, ...(await events(url, io))]
}
