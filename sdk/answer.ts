import { type ProblemLike, WfProblem } from "./problem.ts"

/** However long a server asks for; the next refusal says it again. */
const max_wait_ms = 30_000

/** What `Retry-After` asks for. */
export const askedMs = (header: string | null): number => {
  const asked_ms = Number(header ?? 0) * 1000
  return Number.isNaN(asked_ms) ? 0 : Math.min(Math.max(asked_ms, 0), max_wait_ms)
}

export const problemFrom = async (response: Response): Promise<WfProblem> => {
  const { status } = response
  try {
    const body = JSON.parse(await response.text()) as ProblemLike
    const errors = Array.isArray(body.errors) ? body.errors : []
    return new WfProblem({ ...body, errors, status })
  } catch {
    return new WfProblem({ status, detail: `The server answered ${status}.` })
  }
}

export const jsonOf = async (response: Response): Promise<unknown> => {
  const text = await response.text()
  try {
    return JSON.parse(text)
  } catch {
    throw new WfProblem({
      status: response.status,
      code: "answer.unreadable",
      detail: `What ${new URL(response.url || "http://server").host} answered is not JSON.`,
      next: "Check that the URL is that of a wf platform.",
    })
  }
}
