import { checkInputs } from "#language/inputs.ts"
import type { Flow, Known } from "#sdk/authoring/workflow.ts"
import { createBench, dateOf } from "./bench.ts"
import { drive } from "./drive.ts"
import { checkNames } from "./fakes.ts"
import type { GivenFlow, Outcome, TaskOutcome, TestRun, TestRunOf } from "./options.ts"
import { outcomeOf } from "./outcome.ts"
import { testPlanOf } from "./plan.ts"

export type { Decision, Fake, FakeCall, Outcome, TaskOutcome, TestRun } from "./options.ts"

type Tested<Run, Ended> = {
  /** Runs it in this process, with fakes for what its tasks do and on a clock that skips whatever is waited for. */
  readonly run: (run?: Run) => Promise<Ended>
}

type TypedOutcome<Of extends Known> = Outcome<{
  readonly [Name in keyof Of["outputs"]]: TaskOutcome<Of["outputs"][Name]>
}>

/** A workflow to be tried out without a platform: written with types, a definition, or the text of a file. */
export function testWorkflow<Of extends Known>(flow: Flow<Of>): Tested<TestRunOf<Of>, TypedOutcome<Of>>
export function testWorkflow(flow: GivenFlow): Tested<TestRun, Outcome>
export function testWorkflow(flow: GivenFlow): Tested<object, Outcome<never>> {
  return { run: (run = {}) => runTest(flow, run) as Promise<Outcome<never>> }
}

const runTest = async (flow: GivenFlow, run: TestRun): Promise<Outcome> => {
  const test = testPlanOf(flow, run.workflows)
  checkNames(run, test)
  const bench = createBench(run)
  const checked = checkInputs(test.definition, run.inputs, dateOf(bench.clock.now_ms()))
  if (!checked.ok) {
    const faults = checked.errors.map(({ path, message }) => `${path}: ${message}`)
    throw new Error(`The run can't start: ${faults.join("; ")}`)
  }
  const run_id = bench.newRunId()
  await drive(
    { bench, run, test },
    {
      ...{ run_id, workspace_id: bench.workspace_id, workflow: test.definition.name, version: 1 },
      ...{ plan: test.plan, inputs: checked.values, trigger: "api", idempotency_key: undefined },
      ...{ body_hash: "", traceparent: null, rerun: null },
      happened: { type: "api", ...run.trigger },
    },
  )
  return outcomeOf(bench, run_id)
}
