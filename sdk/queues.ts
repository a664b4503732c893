import { allOf, pageCall } from "./pages.ts"
import type { Page, PageOptions, Queue, QueueSettings, Worker } from "./shapes.ts"
import type { Transport } from "./transport.ts"

export const queuesOf = (transport: Transport) => {
  const root = "/api/v1/queues"
  const path = (name: string) => `${root}/${encodeURIComponent(name)}`
  const list = (options: PageOptions = {}) => transport.json<Page<Queue>>(pageCall(root, options))
  return {
    list,
    all: (options: PageOptions = {}) => allOf(list, options),
    get: (name: string) => transport.json<Queue>({ path: path(name) }),
    /** What is left out stays as it is; null takes a limit away. */
    set: (name: string, settings: QueueSettings) =>
      transport.json<Queue>({ method: "PUT", path: path(name), json: settings }),
    pause: (name: string) => transport.json<Queue>({ method: "POST", path: `${path(name)}/pause` }),
    resume: (name: string) => transport.json<Queue>({ method: "POST", path: `${path(name)}/resume` }),
  }
}

export const workersOf = (transport: Transport) => {
  const list = (options: PageOptions = {}) =>
    transport.json<Page<Worker>>(pageCall("/api/v1/workers", options))
  return {
    list,
    all: (options: PageOptions = {}) => allOf(list, options),
  }
}
