import type { MiddlewareHandler } from "hono"
import { answerProblem } from "#kernel/http/app.ts"
import { Problem } from "#kernel/problem/problem.ts"

const addresses = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:.]+\]|(?:[\w-]+\.)*localhost)(?::\d{1,5})?$/i

/**
 * A web page can point its own name at this machine and then speak to the platform as if it came from there.
 * Browsers send that name along, so only names that can't be pointed elsewhere are answered.
 */
export const localOnly: MiddlewareHandler = async (context, next) => {
  const host = context.req.header("host")
  if (host !== undefined && !addresses.test(host))
    return answerProblem(context, new Problem("request.wrong_host"))
  return next()
}
