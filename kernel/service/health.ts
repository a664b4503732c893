import type { Env, Hono } from "hono"
import { version } from "#kernel/config/version.ts"
import type { Metrics } from "#kernel/telemetry/metrics.ts"

export type Checks = Readonly<Record<string, () => Promise<void>>>

const check_ms = 3_000

const outcomeOf = async (check: () => Promise<void>): Promise<string> => {
  const late = new Promise<string>((resolve) => setTimeout(resolve, check_ms, "no answer in time").unref())
  const asked = check().then(
    () => "ok",
    (error: unknown) => (error instanceof Error ? error.message : "failed"),
  )
  return Promise.race([asked, late])
}

const stateOf = async (checks: Checks) => {
  const names = Object.keys(checks)
  const outcomes = await Promise.all(Object.values(checks).map(outcomeOf))
  const parts = Object.fromEntries(names.map((name, index) => [name, outcomes[index] ?? "failed"]))
  return { ready: outcomes.every((outcome) => outcome === "ok"), parts }
}

export const isReady = async (checks: Checks): Promise<boolean> => (await stateOf(checks)).ready

/** Liveness says that the process answers; readiness, that what it needs answers too. */
export const addHealth = <Environment extends Env>(
  app: Hono<Environment>,
  checks: Checks,
  metrics: Metrics,
): void => {
  app.get("/health/live", (context) => context.json({ status: "ok", version }))
  for (const path of ["/health", "/health/ready"]) {
    app.get(path, async (context) => {
      const state = await stateOf(checks)
      const status = state.ready ? 200 : 503
      return context.json({ status: state.ready ? "ok" : "unavailable", parts: state.parts }, status)
    })
  }
  app.get("/metrics", async (context) => {
    return context.text(await metrics.expose(), 200, { "content-type": "text/plain; version=0.0.4" })
  })
}
