export type { WorkContext, WorkFunction } from "./attempt.ts"
export { NonRetryable, RetryLater } from "./errors.ts"
export { createWorker, type Worker, type WorkerOptions } from "./worker.ts"
