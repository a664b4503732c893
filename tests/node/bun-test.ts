import { expect } from "vitest"

export * from "vitest"

/** What `bun:test` has and vitest hasn't, so that the same files run by both. */
expect.extend({
  toStartWith: (received: string, start: string) => ({
    pass: received.startsWith(start),
    message: () => `${JSON.stringify(received)} begins with ${JSON.stringify(start)}`,
  }),
  toEndWith: (received: string, end: string) => ({
    pass: received.endsWith(end),
    message: () => `${JSON.stringify(received)} ends with ${JSON.stringify(end)}`,
  }),
})
