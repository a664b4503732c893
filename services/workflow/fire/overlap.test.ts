import { expect, test } from "bun:test"
import { decideFires, type OpenFire, type OverlapFacts } from "./overlap.ts"

const fire = (fire_at: number, more: Partial<OpenFire> = {}): OpenFire => ({
  fire_at,
  kind: "schedule",
  status: "waiting",
  ...more,
})

const told = (more: Partial<OverlapFacts>) =>
  decideFires({
    overlap: "skip",
    is_paused: false,
    fires: [fire(1), fire(2)],
    active: undefined,
    queued: 0,
    ...more,
  }).map(({ fire_at, move }) => `${fire_at} ${move}`)

test("each policy decides what comes while a run goes on", () => {
  const active = "0198c0de"
  expect(told({ overlap: "allow", active })).toEqual(["1 start", "2 start"])
  expect(told({ overlap: "skip", active })).toEqual(["1 skip", "2 skip"])
  expect(told({ overlap: "queue", active })).toEqual(["1 queue", "2 queue"])
  expect(told({ overlap: "cancel_running", active })).toEqual(["1 skip", "2 queue"])
})

test("without a run that goes on the first is started, and the others come after it", () => {
  expect(told({ overlap: "skip" })).toEqual(["1 start", "2 skip"])
  expect(told({ overlap: "queue" })).toEqual(["1 start", "2 queue"])
  expect(told({ overlap: "cancel_running" })).toEqual(["1 skip", "2 start"])
})

test("what is caught up or filled in waits its turn under every policy but allow", () => {
  for (const overlap of ["skip", "queue", "cancel_running"] as const) {
    const fires = [fire(1, { kind: "catch_up" }), fire(2, { kind: "backfill" })]
    expect(told({ overlap, fires, active: "0198c0de" })).toEqual(["1 queue", "2 queue"])
    expect(told({ overlap, fires })).toEqual(["1 start", "2 queue"])
  }
})

test("a pause leaves out what waits, but not what somebody asked to be filled in", () => {
  const fires = [fire(1, { status: "queued" }), fire(2, { kind: "backfill" }), fire(3, { kind: "catch_up" })]
  expect(told({ is_paused: true, fires })).toEqual(["1 skip", "2 start", "3 skip"])
})

test("no more than a hundred wait in line; who is in it stays", () => {
  const fires = [fire(1, { status: "queued" }), fire(2)]
  expect(told({ overlap: "queue", active: "0198c0de", fires, queued: 100 })).toEqual(["1 queue", "2 skip"])
  expect(told({ overlap: "queue", active: "0198c0de", fires, queued: 99 })).toEqual(["1 queue", "2 queue"])
})
