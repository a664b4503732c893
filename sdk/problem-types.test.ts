import { expect, test } from "bun:test"
import { type ProblemCode, WfProblem } from "./index.ts"

const known = (code: ProblemCode): ProblemCode => code

test("the codes of what is refused are known to the types, and others may come", () => {
  expect(known("run.not_found")).toBe("run.not_found")
  // @ts-expect-error: there is no such code.
  known("run.not_fuond")
  const { code } = new WfProblem({ status: 418, code: "of.tomorrow", title: "New" })
  const told: string = code
  expect(told).toBe("of.tomorrow")
  expect(code === "run.not_found").toBe(false)
})
