import type { Hono } from "hono"

const place = (name: string): string => new URL(name, import.meta.url).pathname

const html = { "content-type": "text/html; charset=utf-8" }
const script = { "content-type": "text/javascript; charset=utf-8", "cache-control": "public, max-age=3600" }

/** Nothing but what is served here runs or is asked; the page's own program writes styles into it. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ")

const guarded = { "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" }

/** What the gateway serves in the same way elsewhere (`envoy/envoy.yaml`). */
const files = {
  "/docs": { file: "page.html", headers: { ...html, "content-security-policy": policy } },
  "/docs/start.js": { file: "start.js", headers: script },
  "/docs/scalar.js": {
    file: "generated/scalar.js.gz",
    headers: { ...script, "content-encoding": "gzip" },
  },
} as const

/** The reference of the API, as a page. Its files are read when somebody looks at it, and not kept. */
export const addReference = (edge: Hono): void => {
  for (const [path, { file, headers }] of Object.entries(files))
    edge.get(path, () => new Response(Bun.file(place(file)), { headers: { ...headers, ...guarded } }))
}
