import type { Approval, Notification } from "#sdk/shapes.ts"
import { approvalColumns } from "../approval-table.ts"
import { cleanLine } from "../clean.ts"
import { inboxColumns } from "../inbox-table.ts"
import { dim, type Item, valuesOf } from "../screen/item.ts"
import { ago, ahead } from "../table.ts"

export const approvalItem = (approval: Approval, now: Date): Item => ({
  key: `approvals ${approval.id}`,
  run_id: approval.run_id,
  cells: [
    { text: "?", style: "yellow" },
    { text: cleanLine(approval.workflow), style: "bold" },
    { text: cleanLine(approval.task) },
    dim(ago(approval.since, now)),
    { text: approval.until === null ? "" : ahead(approval.until, now), style: "yellow" },
    { text: approval.approvals > 1 ? `${approval.decisions.length}/${approval.approvals} agreed` : "" },
    { text: cleanLine(approval.message) },
  ],
  values: valuesOf(approvalColumns(now), approval),
})

/** The first line says most; the rest is on its page. */
export const noticeItem = (notice: Notification, now: Date): Item => {
  const isUnread = notice.read_at === null
  const run_id = runOf(notice)
  return {
    key: `${isUnread ? "unread" : "read"} ${notice.id}`,
    ...(run_id !== undefined && { run_id }),
    cells: [
      isUnread ? { text: "●", style: "blue" } : dim("·"),
      dim(ago(notice.created_at, now)),
      { text: cleanLine(notice.title), ...(isUnread && { style: "bold" as const }) },
      dim(cleanLine(notice.body.split("\n")[0] ?? "")),
    ],
    values: valuesOf(inboxColumns(now), notice),
  }
}

/** The run that a notification is about, by its link. */
export const runOf = ({ link }: Notification): string | undefined =>
  /\/runs\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(link ?? "")?.[1]
