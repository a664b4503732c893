import { type ProblemLike, WfProblem, WfUnreachable } from "./problem.ts"

/** Anything may stand at an address: what isn't an object of ours is nothing. */
const objectFrom = async (response: Response): Promise<Record<string, unknown> | undefined> => {
  const text = await response.text()
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

export const problemFrom = async (response: Response): Promise<WfProblem> => {
  const { status } = response
  const body = await objectFrom(response)
  const request_id = response.headers.get("x-request-id") ?? undefined
  const known = request_id === undefined ? {} : { request_id }
  const isProblem = typeof body?.code === "string" && typeof body.title === "string"
  return isProblem
    ? new WfProblem({ ...known, ...(body as Omit<ProblemLike, "status">), status })
    : new WfProblem({ status, detail: `The server answered ${status}.`, ...known })
}

type Asked = { readonly base: string; readonly signal: AbortSignal | undefined }

export const answerFrom = async (response: Response, { base, signal }: Asked): Promise<object> => {
  const answer = await objectFrom(response).catch((error: unknown) => {
    throw signal?.aborted ? error : new WfUnreachable(base, error)
  })
  if (answer) return answer
  throw new WfProblem({
    status: response.status,
    code: "answer.unreadable",
    title: "The answer is not the platform's",
    detail: `What answers at ${base} is not the platform, or something stands between.`,
    next: "Check the address.",
  })
}
