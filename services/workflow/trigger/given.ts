import type { WorkflowHouse } from "../given.ts"

/** A developer in a workspace of their own, who pushes workflows with one trigger each. */
export const developerAt = (house: () => WorkflowHouse) => {
  const home = crypto.randomUUID()
  const send = async (method: string, path: string, body?: unknown) => {
    const headers = { authorization: `Bearer developer@${home}`, "content-type": "application/json" }
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
    const response = await house().app.request(`/api/v1${path}`, init)
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  const push = (name: string, trigger: string) =>
    send("POST", "/workflows", {
      source: `name: ${name}\ninputs:\n  of: { type: string }\ntriggers:\n  - ${trigger}\ntasks:\n  one: { uses: noop }\n`,
    })
  return { home, send, push }
}
