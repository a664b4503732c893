import type { Client } from "#sdk/client.ts"
import { failureOf } from "../failure.ts"
import type { Deed } from "./keys.ts"
import type { Change } from "./state.ts"

export type Outside = Exclude<Deed, { readonly deed: "leave" | "open" }>

/** Does what a key asks for, and says what came of it; a refusal is told like anything else. */
export const perform = async (client: Client, deed: Outside, now: Date): Promise<readonly Change[]> => {
  try {
    return await works(client, deed, now)
  } catch (error) {
    return [{ kind: "said", text: failureOf(error)?.message ?? String(error) }]
  }
}

const works = async (
  { notifications, runs }: Client,
  deed: Outside,
  now: Date,
): Promise<readonly Change[]> => {
  if (deed.deed === "mark") {
    const mark = deed.as === "read" ? notifications.read : notifications.markUnread
    return [{ kind: "changed", notice: await mark(deed.notice.id) }]
  }
  if (deed.deed === "read_all") {
    await notifications.readAll()
    return [{ kind: "all_read", at: now.toISOString() }]
  }
  const { verb, comment, approval } = deed
  const { id, run_id, task, workflow } = approval
  const said = await runs[verb](run_id, task, comment.trim() === "" ? {} : { comment: comment.trim() })
  const what = verb === "approve" ? "You agreed to" : "You rejected"
  const rest = said.status === "waiting" ? "; others have to agree, too" : ""
  return [
    { kind: "decided", approval_id: id },
    { kind: "said", text: `${what} ${task} of ${workflow}${rest}.` },
  ]
}
