import { describe, expect, test } from "bun:test"
import {
  count,
  duration,
  perSecond,
  printFigures,
  rate,
  share,
  shareOf,
  spreadFigures,
  spreadOf,
} from "./figures.ts"
import { capture } from "./testing/capture.ts"

const figures = [
  count("created", 120_000),
  rate("created_per_second", 8_123),
  ...spreadFigures("request", { p50_ms: 3.14, p90_ms: 9.99, p99_ms: 120.4, max_ms: 1_500 }),
  duration("elapsed_ms", 14_773),
  share("flaky_dead_letter_share", 0.125),
]

describe("figures", () => {
  test("on a terminal are a table for people", () => {
    const io = capture({ out_is_tty: true })
    printFigures(figures, false, io)
    expect(io.printed).toEqual([
      "WHAT                     MEASURED",
      "created                  120,000",
      "created per second       8,123/s",
      "request p50              3.1 ms",
      "request p90              10.0 ms",
      "request p99              120 ms",
      "request max              1500 ms",
      "elapsed                  14.8 s",
      "flaky dead letter share  12.5 %",
    ])
  })

  test("in a pipe are names and full values between tabs", () => {
    const io = capture()
    printFigures(figures, false, io)
    expect(io.printed).toEqual([
      "created\t120000",
      "created_per_second\t8123",
      "request_p50_ms\t3.14",
      "request_p90_ms\t9.99",
      "request_p99_ms\t120.4",
      "request_max_ms\t1500",
      "elapsed_ms\t14773",
      "flaky_dead_letter_share\t0.125",
    ])
  })

  test("as JSON are one object", () => {
    const io = capture({ out_is_tty: true })
    printFigures(figures.slice(0, 3), true, io)
    expect(io.printed).toEqual(['{"created":120000,"created_per_second":8123,"request_p50_ms":3.14}'])
  })
})

test("the spread of times is that of all of them, in whatever order they came", () => {
  const times_ms = Array.from({ length: 100 }, (_, index) => 100 - index)
  expect(spreadOf(times_ms)).toEqual({ p50_ms: 51, p90_ms: 91, p99_ms: 100, max_ms: 100 })
  expect(spreadOf([])).toEqual({ p50_ms: 0, p90_ms: 0, p99_ms: 0, max_ms: 0 })
})

test("of nothing there is no rate and no share", () => {
  expect([perSecond(0, 0), shareOf(0, 0)]).toEqual([0, 0])
  expect([perSecond(500, 250), shareOf(25, 200)]).toEqual([2_000, 0.125])
})
