import { expect, test } from "bun:test"
import type { Strike } from "./fault.ts"
import { judgeExecutions, overlapsIn } from "./judge.ts"
import type { Entry } from "./ledger.ts"
import { noticesOf } from "./notice.ts"

const said = (kind: Entry["kind"], attempt: number, at_ms: number): Entry => ({
  ...{ kind, id: "a", attempt, at_ms },
  worker_pid: 100 + attempt,
})

const struck = (pid: number, at_ms: number, frozen_ms = 0): Strike => ({
  ...{ target: "worker", pid, at_ms, frozen_ms, back_ms: 0 },
  how: frozen_ms > 0 ? "freeze" : "kill",
})

const row = (attempt: number, status = "completed") => ({ id: "a", status, attempt, lost: 0, returned: 0 })

const [begun, ended] = [said("begin", 1, 10), said("end", 1, 20)]
const [again, well] = [said("begin", 2, 40), said("end", 2, 50)]

type Case = {
  readonly what: string
  readonly entries: readonly Entry[]
  readonly attempt: number
  readonly strikes?: readonly Strike[]
  readonly duplicates?: number
}

const killed = [struck(101, 15)]
const failed = said("fail", 1, 20)

const sound: readonly Case[] = [
  { what: "once", entries: [begun, ended], attempt: 1 },
  { what: "again after it failed", entries: [begun, failed, again, well], attempt: 2 },
  {
    ...{ what: "again after its worker was killed", entries: [begun, again, well], attempt: 2 },
    ...{ strikes: killed, duplicates: 1 },
  },
  {
    ...{
      what: "again after its worker was away beyond its lease",
      entries: [begun, again, well],
      attempt: 2,
    },
    ...{ strikes: [struck(101, 5, 18_000)], duplicates: 1 },
  },
]

test.each(sound)("an attempt that ran $what is in order", (one) => {
  const { faults, duplicates } = judgeExecutions(one.entries, [row(one.attempt)], one.strikes ?? [])
  expect([faults, duplicates]).toEqual([[], one.duplicates ?? 0])
})

const repeated = { what: "nobody struck", entries: [begun, again, well], attempt: 2 }

const wrong: readonly Case[] = [
  { what: "an attempt ran twice", entries: [begun, begun, ended], attempt: 1 },
  repeated,
  { ...repeated, strikes: [struck(107, 15)] },
  { ...repeated, entries: [{ ...begun, at_ms: 9_000 }, again, well], strikes: [struck(101, 15)] },
  { ...repeated, strikes: [struck(101, 5, 2_000)] },
  { what: "it has only 1", entries: [begun, ended, again, well], attempt: 1, strikes: [struck(101, 25)] },
  { what: "did not end well", entries: [begun], attempt: 1 },
  { what: "without having run", entries: [], attempt: 1 },
]

test.each(wrong)("the ledger shows that $what (%#)", (one) => {
  const { faults } = judgeExecutions(one.entries, [row(one.attempt)], one.strikes ?? [])
  expect(faults).toHaveLength(1)
  expect(faults[0]).toContain(one.what)
})

test("the ledger shows that two jobs behind one gate ran at once, but not what a frozen worker went on with", () => {
  const gated = [begun, { ...again, at_ms: 15 }, ended, well].map((entry) => ({
    ...entry,
    id: `gated-${entry.attempt}`,
  }))
  expect(overlapsIn(gated, [])).toEqual(["gated-1 and gated-2 ran at once"])
  expect(overlapsIn(gated, [struck(101, 5, 18_000)])).toEqual([])
  expect(
    overlapsIn(
      [
        { ...begun, id: "gated-1" },
        { ...ended, id: "gated-1" },
      ],
      [],
    ),
  ).toEqual([])
})

const lost = (at_ms: number) => [{ id: "a", attempt: 1, at_ms }]

type Late = {
  readonly what: string
  readonly at_ms: number
  readonly strikes: readonly Strike[]
  readonly is_late: boolean
}

/** Away from 10 s on, for 4 s. */
const away = (target: string): Strike => ({ ...struck(900, 10_000), target, back_ms: 4_000 })

const late: readonly Late[] = [
  { what: "within 20 s", at_ms: 20_000, strikes: [struck(101, 15)], is_late: false },
  { what: "after more than 20 s", at_ms: 20_016, strikes: [struck(101, 15)], is_late: true },
  ...["PostgreSQL of the platform", "scheduler-2"].flatMap((target): readonly Late[] => [
    {
      ...{ what: `after ${target} was away, and 15 s of grace`, at_ms: 39_000, is_late: false },
      strikes: [struck(101, 15), away(target)],
    },
    {
      ...{ what: `though ${target} has been back for long`, at_ms: 39_100, is_late: true },
      strikes: [struck(101, 15), away(target)],
    },
  ]),
  {
    what: "while only Kafka was away",
    at_ms: 20_100,
    strikes: [struck(101, 15), away("kafka")],
    is_late: true,
  },
]

test.each(late)("a lost worker that is noticed $what is late: $is_late", ({ at_ms, strikes, is_late }) => {
  const found = noticesOf(lost(at_ms), [begun], strikes)
  expect(found.map((one) => one.took_ms > one.promised_ms)).toEqual([is_late])
})

test("a worker that nobody killed, or of which nothing is known, is none that was noticed late", () => {
  expect(noticesOf(lost(90_000), [begun], [struck(101, 15, 18_000), struck(107, 15)])).toEqual([])
  expect(noticesOf(lost(90_000), [], [struck(101, 15)])).toEqual([])
})
