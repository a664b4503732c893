import { afterAll, beforeAll, expect, test } from "bun:test"
import type { Message } from "#kernel/mail/mail.ts"
import { given, type NotificationHouse, type Person } from "../given.ts"
import { type AskedByTask, notifyByTask } from "./notify.ts"

let house: NotificationHouse
const mails: Message[] = []
beforeAll(async () => {
  const send = async (message: Message) => {
    mails.push(message)
    return "sent" as const
  }
  house = await given.house({ mail: { send, close: () => undefined } })
})
afterAll(() => house.close())

const asked = ({ workspace_id }: Person, more: Partial<AskedByTask>): AskedByTask => ({
  ...{ workspace_id, run_id: crypto.randomUUID(), task_run_id: crypto.randomUUID(), attempt: 1 },
  ...{
    workflow: "nightly",
    task: "alert",
    channel: "in_app",
    to: [],
    subject: "",
    message: "",
    data_json: "",
  },
  ...more,
})

test("an attempt that asks twice is heard once, and a later attempt once more", async () => {
  const ada = given.person(house)
  const wanted = asked(ada, { to: [ada.email.toUpperCase()], subject: "Look\r\nhere", message: "one\ntwo" })
  const notify = notifyByTask(house.office)
  const [first, second] = [await notify(wanted), await notify(wanted)]
  expect(second).toEqual(first)
  const { body } = await house.ask(ada, "GET", "notifications")
  expect(body.items).toMatchObject([{ type: "task.notified", title: "Look here", body: "one\ntwo" }])
  await notify({ ...wanted, attempt: 2 })
  expect((await house.ask(ada, "GET", "notifications/unread-count")).body).toEqual({ count: 2 })
})

test("each address gets a mail of its own, whose address isn't readable in the database", async () => {
  const ada = given.person(house)
  const wanted = asked(ada, { channel: "email", to: ["a@example.test", "b@example.test"], message: "hello" })
  const ids = await notifyByTask(house.office)(wanted)
  await house.sender.round()
  await house.sender.drain()
  expect(mails.map(({ to }) => to).sort()).toEqual(["a@example.test", "b@example.test"])
  const { body } = await house.ask(ada, "GET", `deliveries?run_id=${wanted.run_id}`)
  expect(
    (body.items as { id: string; status: string }[]).map(({ id, status }) => `${id} ${status}`).sort(),
  ).toEqual(ids.map((id) => `${id} delivered`).sort())
})

test.each([
  ["no member", { to: ["nobody@example.test"], message: "x" }, "notification.no_recipient"],
  ["two addresses in one", { channel: "email", to: ["a@x.test,b@x.test"], message: "x" }, "request.invalid"],
  ["no URL", { channel: "webhook", to: ["javascript:alert(1)"], message: "x" }, "request.invalid"],
  ["another channel", { channel: "pigeon", to: ["x"], message: "x" }, "request.invalid"],
  ["nobody at all", { to: [], message: "x" }, "request.invalid"],
])("%s is refused, and nobody is told anything", async (_, more, code) => {
  const ada = given.person(house)
  const wanted = asked(ada, { ...more, to: [...more.to] })
  await expect(notifyByTask(house.office)(wanted)).rejects.toMatchObject({ code })
  expect((await house.ask(ada, "GET", "deliveries")).body.items).toEqual([])
})
