const minute_ms = 60_000

const isLong = process.env.WF_TEST_LONG === "1"

const kills = (usual: number, long: number): number =>
  Number(process.env.WF_CHAOS_KILLS ?? (isLong ? long : usual))

/** How much of it: a little with every change, and by hand as much as anybody wants. */
export const extent = {
  max_ms: isLong ? 120 * minute_ms : 5 * minute_ms,
  patience: isLong ? 1 : 2,
  embedded: {
    kills: kills(5, 40),
    rest_ms: [300, isLong ? 3_000 : 1_500],
    max_frozen_ms: isLong ? 18_000 : 2_500,
  },
  stack: {
    kills: kills(6, 70),
    rest_ms: [200, isLong ? 2_500 : 800],
    max_frozen_ms: isLong ? 18_000 : 2_000,
  },
} as const
