import { expect, test } from "bun:test"
import { exit_codes } from "#cli/exit.ts"
import type { Machine } from "#kernel/machine/machine.ts"
import { jobMoves } from "#services/scheduler/job/moves.ts"
import { runMoves } from "#services/scheduler/run/moves.ts"
import { taskMoves } from "#services/scheduler/task/moves.ts"

// Written out once more on purpose: clients rely on these, so a change shows here as a change of the contract.

const stepsOf = <State extends string, Move extends string>(machine: Machine<State, Move>) => {
  const steps = machine.states.flatMap((from) =>
    machine.moves.map((move) => [from, machine.after(from, move)] as const),
  )
  return [
    ...new Set(steps.filter(([, to]) => to !== undefined).map(([from, to]) => `${from} → ${to}`)),
  ].sort()
}

const steps = (table: Readonly<Record<string, readonly string[]>>) =>
  Object.entries(table)
    .flatMap(([from, all]) => all.map((to) => `${from} → ${to}`))
    .sort()

test("a run takes the steps of the contract, and no others", () => {
  const contract = steps({
    pending: ["running", "failed", "cancelled"],
    running: ["completed", "failed", "cancelled", "paused"],
    paused: ["running", "completed", "failed", "cancelled"],
  })
  expect(stepsOf(runMoves)).toEqual(contract)
  expect([...runMoves.terminal]).toEqual(["completed", "failed", "cancelled"])
})

test("a task run takes the steps of the contract, and no others", () => {
  const contract = steps({
    pending: ["queued", "waiting", "skipped", "cancelled"],
    queued: ["running", "failed", "cancelled"],
    running: ["completed", "failed", "retrying", "queued", "cancelled"],
    retrying: ["queued", "cancelled"],
    waiting: ["completed", "failed", "cancelled"],
  })
  expect(stepsOf(taskMoves)).toEqual(contract)
  expect([...taskMoves.terminal]).toEqual(["completed", "failed", "skipped", "cancelled"])
})

test("a job takes the steps of the contract, and no others", () => {
  const contract = steps({
    pending: ["queued", "cancelled"],
    queued: ["running", "dead_letter", "cancelled"],
    running: ["completed", "retrying", "queued", "dead_letter", "cancelled"],
    retrying: ["queued", "cancelled"],
    dead_letter: ["queued"],
  })
  expect(stepsOf(jobMoves)).toEqual(contract)
  expect([...jobMoves.terminal]).toEqual(["completed", "cancelled"])
})

test("exit codes are those that scripts rely on", () => {
  expect(exit_codes).toEqual({
    done: 0,
    failed: 1,
    usage: 2,
    cancelled: 3,
    denied: 4,
    not_found: 5,
    conflict: 6,
    unreachable: 7,
    timed_out: 124,
    interrupted: 130,
  })
})
