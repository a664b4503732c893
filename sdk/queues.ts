import type { Queue } from "./shapes.ts"
import type { Transport } from "./transport.ts"

export const queuesOf = (transport: Transport) => {
  const path = (name: string) => `/api/v1/queues/${encodeURIComponent(name)}`
  return {
    /** One that nobody has used is empty. */
    get: (name: string) => transport.json<Queue>({ path: path(name) }),
    /** Nothing of it begins any more. */
    pause: (name: string) => transport.json<Queue>({ method: "POST", path: `${path(name)}/pause` }),
    resume: (name: string) => transport.json<Queue>({ method: "POST", path: `${path(name)}/resume` }),
  }
}
