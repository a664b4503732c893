import { expect, test } from "bun:test"
import { ProfilesError } from "#kernel/config/profiles-error.ts"
import { WfProblem, WfUnreachable } from "#sdk/index.ts"
import { failureOf } from "./failure.ts"

test.each([
  [400, 2],
  [401, 4],
  [403, 4],
  [404, 5],
  [409, 6],
  [413, 2],
  [422, 2],
  [429, 1],
  [500, 1],
  [503, 7],
])("a refusal with %d ends with %d", (status, code) => {
  expect(failureOf(new WfProblem({ status }))?.exit_code).toBe(code as never)
})

test("a refusal says what happened, where, and what to do next", () => {
  const problem = new WfProblem({
    ...{ status: 422, title: "The workflow is not valid", detail: "a: b; c: d", next: "Correct the places." },
    errors: [
      { path: "tasks.a", message: "has no run" },
      { path: "", message: "has no name" },
    ],
  })
  expect(failureOf(problem)?.message).toBe("The workflow is not valid.\n  tasks.a: has no run\n  has no name")
})

test("a refusal carries the request's id, to be reported", () => {
  const problem = new WfProblem({ status: 500, detail: "Something broke", request_id: "r1" })
  expect(failureOf(problem)?.message).toBe("Something broke.\n(request r1)")
})

test("nothing that a server says can move the cursor", () => {
  const problem = new WfProblem({
    ...{ status: 404, detail: "no \u001b[2Jrun", next: "\u001b]52;c;aGk=\u0007see" },
    errors: [{ path: "\u009b2J", message: "\u202eevil" }],
  })
  expect(failureOf(problem)?.message).toMatch(/^[^\u001b\u009b\u202e]*$/)
})

test("a server that does not answer is named, with what to do", () => {
  const failure = failureOf(new WfUnreachable("http://127.0.0.1:1", undefined))
  expect(failure?.exit_code).toBe(7)
  expect(failure?.message).toStartWith("http://127.0.0.1:1 does not answer. Start the platform with `wf up`")
})

test("a broken file of profiles is wrong usage", () => {
  expect(failureOf(new ProfilesError("the file is broken"))?.exit_code).toBe(2)
})

test("a bug is no failure of the user's", () => {
  expect(failureOf(new TypeError("x is undefined"))).toBeUndefined()
})
