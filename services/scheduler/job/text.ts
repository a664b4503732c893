import { Problem } from "#kernel/problem/problem.ts"
import type { NewJob } from "./prepare.ts"
import type { Job } from "./shape.ts"

/** Somebody is answered a job that was just made, one that their key made before, or why there is none. */
export type Answer = NewJob | Job | Problem

/** What was sent is what is stored, so it isn't read again; and nothing of it but a key has to be looked at to be written. */
const newJobText = (job: NewJob, at: Date, at_text: string): string => {
  const later = job.run_at !== null && Date.parse(job.run_at) > at.getTime()
  const { key, run_at, concurrency } = job
  return (
    `{"id":"${job.id}","idempotency_key":${key === null ? "null" : JSON.stringify(key)},"type":"${job.type}",` +
    `"payload":${job.payload_text},"queue":"${job.queue}","priority":${job.priority},` +
    `"status":"${later ? "pending" : "queued"}","attempt":0,"max_retries":${job.max_retries},` +
    `"run_at":${run_at === null ? "null" : `"${run_at}"`},"timeout":"${job.timeout}",` +
    `"concurrency":${concurrency === null ? "null" : JSON.stringify(concurrency)},` +
    `"result":null,"error":null,"worker_id":null,"created_at":"${at_text}","updated_at":"${at_text}",` +
    '"started_at":null,"completed_at":null}'
  )
}

/** As JSON: of new jobs by when they were written. */
export const jobTexts = (answers: readonly Answer[], at: Date): readonly (string | Problem)[] => {
  const at_text = at.toISOString()
  return answers.map((answer) => {
    if (answer instanceof Problem) return answer
    return "payload_text" in answer ? newJobText(answer, at, at_text) : JSON.stringify(answer)
  })
}
