import type { Approval, Notification } from "#sdk/shapes.ts"
import { clean, cleanLine } from "../clean.ts"
import { wrapped } from "../screen/item.ts"
import { blank, type Frame, type Row } from "../screen/row.ts"
import { ago, ahead } from "../table.ts"
import type { Chosen } from "./sections.ts"

/** All that there is to say of one of them. */
export const pageRows = ({ notice, approval }: Chosen, frame: Frame): readonly Row[] => {
  if (notice) return noticeRows(notice, frame)
  if (approval) return approvalRows(approval, frame)
  return dimRows("It doesn't wait any more.", frame)
}

const dimRows = (text: string, { columns }: Frame): readonly Row[] =>
  wrapped(text, columns).map((line) => ({ segments: [{ text: line, style: "dim" }] }))

const boldRow = (text: string): Row => ({ segments: [{ text: cleanLine(text), style: "bold" }] })

const textRows = (text: string, { columns }: Frame): readonly Row[] =>
  clean(text.replaceAll("\r", ""))
    .replaceAll("\t", " ")
    .split("\n")
    .flatMap((line) => wrapped(line === "" ? " " : line, Math.max(10, columns - 2)))
    .map((line) => ({ segments: [{ text: `  ${line}` }] }))

const noticeRows = (notice: Notification, frame: Frame): readonly Row[] => {
  const { title, type, body, link, read_at, created_at } = notice
  const when = ago(created_at, new Date(frame.now_ms))
  return [
    boldRow(title),
    ...dimRows(`${cleanLine(type)} · ${when} · ${read_at === null ? "unread" : "read"}`, frame),
    blank,
    ...textRows(body, frame),
    ...(link === null ? [] : [blank, ...dimRows(cleanLine(link), frame)]),
  ]
}

const approvalRows = (approval: Approval, frame: Frame): readonly Row[] => {
  const { workflow, version, task, message, run_id, since, until, approvals, decisions } = approval
  const now = new Date(frame.now_ms)
  const left = until === null ? "no end is set" : `ends ${ahead(until, now)}, at ${cleanLine(until)}`
  const who = [...approval.roles, ...approval.people].map(cleanLine).join(", ")
  return [
    boldRow(`${workflow}: ${task}`),
    ...dimRows(`version ${version} · asked ${ago(since, now)} · ${left}`, frame),
    blank,
    ...textRows(message === "" ? "(without a message)" : message, frame),
    blank,
    ...dimRows(`${decisions.length} of ${approvals} have agreed; it may be decided by ${who}`, frame),
    ...decisions.flatMap(({ by, at, comment }) =>
      dimRows(`✓ ${cleanLine(by)} ${ago(at, now)} ${cleanLine(comment)}`.trimEnd(), frame),
    ),
    blank,
    ...dimRows(`run ${cleanLine(run_id)}`, frame),
  ]
}
