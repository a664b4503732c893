import { z } from "zod"
import { derivedId } from "#kernel/outbox/derived-id.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { keepDeliveries } from "../delivery/keep.ts"
import type { NewDelivery } from "../delivery/seed.ts"
import type { Content } from "../event/content.ts"
import { oneLine, someLines } from "../event/text.ts"
import type { Office } from "../office.ts"
import { isMailAddress, shownTo } from "../subscription/settings.ts"

const max = { to: 100, title: 200, body: 20_000, data_chars: 262_144 } as const

const askedShape = z.object({
  workspace_id: z.uuid(),
  run_id: z.uuid(),
  task_run_id: z.uuid(),
  attempt: z.int().min(0),
  workflow: z.string(),
  task: z.string(),
  channel: z.enum(["email", "webhook", "in_app"]),
  to: z.array(z.string().min(1).max(8_192)).min(1).max(max.to),
  subject: z.string(),
  message: z.string(),
  data_json: z.string().max(max.data_chars),
})

export type AskedByTask = Omit<z.infer<typeof askedShape>, "channel"> & { readonly channel: string }

type Asked = z.infer<typeof askedShape>

const invalid = (detail: string): Problem => new Problem("request.invalid", { detail })

/**
 * What a task tells: it goes the way of everything else. Each of its recipients is known by the attempt and the place, so that
 * an attempt that asks twice is heard once. Answers the deliveries' ids.
 */
export const notifyByTask =
  (office: Office) =>
  async (given: AskedByTask): Promise<readonly string[]> => {
    const { success, data: asked, error } = askedShape.safeParse(given)
    if (!success) throw invalid(z.prettifyError(error))
    if (asked.channel === "email" && !office.mail) throw new Problem("mail.not_set")
    const content = contentOf(asked, office.public_url)
    const deliveries: NewDelivery[] = []
    for (const [place, to] of asked.to.entries())
      deliveries.push(await deliveryTo(office, { asked, content, place, to }))
    await keepDeliveries(office, deliveries)
    return deliveries.map(({ id }) => id)
  }

const contentOf = (
  { run_id, task, workflow, subject, message, data_json, workspace_id }: Asked,
  public_url = "",
): Content => {
  const title = subject === "" ? (message.split("\n")[0] ?? "") : subject
  return {
    type: "task.notified",
    title: oneLine(title, max.title) || `${workflow}: ${task}`,
    body: someLines(message, max.body),
    link: `${public_url.replace(/\/+$/, "")}/api/v1/runs/${run_id}`,
    data: {
      workspace_id,
      run_id,
      workflow,
      task,
      ...(data_json !== "" && { data: JSON.parse(data_json) as unknown }),
    },
  }
}

type One = { readonly asked: Asked; readonly content: Content; readonly place: number; readonly to: string }

const deliveryTo = async (office: Office, { asked, content, place, to }: One): Promise<NewDelivery> => {
  const { workspace_id, run_id, task_run_id, attempt, workflow, task, channel } = asked
  const id = derivedId(task_run_id, `notify ${attempt} ${place}`)
  const about = `notify ${workflow} ${task}`
  const known = {
    id,
    workspace_id,
    subscription_id: null,
    event_id: id,
    run_id,
    about,
    held_until_ms: undefined,
    content,
  }
  if (channel === "in_app") {
    const member = (await office.members(workspace_id)).find(
      ({ email }) => email.toLowerCase() === to.toLowerCase(),
    )
    if (!member)
      throw new Problem("notification.no_recipient", {
        detail: `${oneLine(to, 254)} is no member of this workspace.`,
      })
    return { ...known, channel, user_id: member.user_id, shown: member.email }
  }
  if (channel === "email") {
    if (!isMailAddress(to)) throw invalid(`to: ${oneLine(to, 254)} is no plain e-mail address`)
    return { ...known, channel, user_id: null, shown: to, address: await office.vault.seal(id, to) }
  }
  const shown = shownTo("webhook", to)
  if (shown === "") throw invalid("to: a URL begins with http:// or https:// and has a host")
  return { ...known, channel, user_id: null, shown, address: await office.vault.seal(id, to) }
}
