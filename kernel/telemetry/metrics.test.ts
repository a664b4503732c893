import { describe, expect, test } from "bun:test"
import { createMetrics } from "./metrics.ts"

const linesOf = async (metrics: ReturnType<typeof createMetrics>) => (await metrics.expose()).split("\n")

test("a counter is told with its help, its type and its labels", async () => {
  const metrics = createMetrics()
  const jobs = metrics.counter("jobs_total", "Jobs that were accepted.")
  jobs.add({ type: "mail" })
  jobs.add({ type: "mail" }, 2)
  jobs.add({})
  expect(await metrics.expose()).toBe(
    [
      "# HELP jobs_total Jobs that were accepted.",
      "# TYPE jobs_total counter",
      'jobs_total{type="mail"} 3',
      "jobs_total 1",
      "",
    ].join("\n"),
  )
})

test("labels and help are escaped, so that nothing can forge a line", async () => {
  const metrics = createMetrics()
  metrics.gauge("depth", "One\\two\nthree").set({ queue: 'a"b\\c\nd 1' }, 7)
  expect(await linesOf(metrics)).toEqual([
    "# HELP depth One\\\\two\\nthree",
    "# TYPE depth gauge",
    'depth{queue="a\\"b\\\\c\\nd 1"} 7',
    "",
  ])
})

test("labels in another order are the same series", async () => {
  const metrics = createMetrics()
  const requests = metrics.counter("requests", "Requests.")
  requests.add({ method: "GET", route: "/" })
  requests.add({ route: "/", method: "GET" })
  expect(await linesOf(metrics)).toContain('requests{method="GET",route="/"} 2')
})

test("asking twice for a name gives the same metric", async () => {
  const metrics = createMetrics()
  metrics.counter("jobs", "Jobs.").add({})
  metrics.counter("jobs", "Jobs.").add({})
  expect((await linesOf(metrics)).filter((line) => line.startsWith("jobs"))).toEqual(["jobs 2"])
})

describe("a histogram", () => {
  test("counts each bucket with all below it, and ends with the whole", async () => {
    const metrics = createMetrics()
    const seconds = metrics.histogram("seconds", "Time.", [0.1, 1, 10])
    for (const value of [0.05, 0.1, 0.5, 5, 50]) seconds.observe({ route: "/" }, value)
    expect((await linesOf(metrics)).slice(2, -1)).toEqual([
      'seconds_bucket{route="/",le="0.1"} 2',
      'seconds_bucket{route="/",le="1"} 3',
      'seconds_bucket{route="/",le="10"} 4',
      'seconds_bucket{route="/",le="+Inf"} 5',
      'seconds_sum{route="/"} 55.65',
      'seconds_count{route="/"} 5',
    ])
  })

  test("needs no labels", async () => {
    const metrics = createMetrics()
    metrics.histogram("seconds", "Time.", [1]).observe({}, 0.5)
    expect((await linesOf(metrics)).slice(2, -1)).toEqual([
      'seconds_bucket{le="1"} 1',
      'seconds_bucket{le="+Inf"} 1',
      "seconds_sum 0.5",
      "seconds_count 1",
    ])
  })
})

test("the number of series is bounded, and what comes after is counted without labels", async () => {
  const metrics = createMetrics()
  const seen = metrics.counter("seen", "Seen.")
  for (let index = 0; index < 5_000; index += 1) seen.add({ id: String(index) })
  seen.add({ id: "0" })
  const lines = (await linesOf(metrics)).filter((line) => line.startsWith("seen"))
  expect(lines).toHaveLength(2_001)
  expect(lines).toContain('seen{id="0"} 2')
  expect(lines).toContain("seen 3000")
})

test("what is read for the exposition is read each time, and a reader that fails hides nothing", async () => {
  const metrics = createMetrics()
  const depth = metrics.gauge("depth", "Depth.")
  let reads = 0
  metrics.collect(() => {
    throw new Error("away")
  })
  metrics.collect(() => Promise.reject(new Error("away")))
  metrics.collect(() => {
    reads += 1
    depth.set({}, reads)
  })
  await metrics.expose()
  expect(await linesOf(metrics)).toContain("depth 2")
})
