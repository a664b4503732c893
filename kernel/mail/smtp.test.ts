import { afterAll, beforeAll, expect, test } from "bun:test"
import { parseConfig } from "#kernel/config/config.ts"
import { type Inbox, openInbox } from "#kernel/testing/inbox.ts"
import { smtpMail, smtpSettings } from "./smtp.ts"

let inbox: Inbox
beforeAll(async () => {
  inbox = await openInbox()
})
afterAll(() => inbox.close())

const message = {
  id: "0198c0de-0000-7000-8000-000000000001",
  to: "ada@example.test",
  subject: "Grüße",
  text: "Hello, Ada.",
  html: "<p>Hello, Ada.</p>",
}

test("a mail arrives with both its forms, and an id that stays the same", async () => {
  const mail = smtpMail({ url: inbox.url, from: "wf <wf@example.test>" })
  expect(await mail.send(message)).toBe("sent")
  const received = await inbox.next("ada@example.test")
  expect(received.from).toBe("wf@example.test")
  expect(received.source).toContain(`Message-ID: <${message.id}@example.test>`)
  expect(received.source).toContain("Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=")
  expect(received.source).toContain("text/plain")
  expect(received.source).toContain("text/html")
  mail.close()
})

test("a subject or an address with a line break makes no header of its own", async () => {
  const mail = smtpMail({ url: inbox.url, from: "wf@example.test" })
  await mail.send({ ...message, to: "eve@example.test", subject: "Hi\r\nBcc: all@example.test" })
  const received = await inbox.next("eve@example.test")
  expect(received.source).not.toMatch(/^Bcc:/m)
  expect(inbox.received("all@example.test")).toEqual([])
  mail.close()
})

test.each(["x1<v2@x.test>", "x4,v2@x.test", "g:v2@x.test;", "v2@x.test (x)", '"x" <v2@x.test>'])(
  "what reads as %p is never taken for an address within it",
  async (to) => {
    const mail = smtpMail({ url: inbox.url, from: "wf@example.test" })
    await mail.send({ ...message, to }).catch(() => undefined)
    expect(inbox.received("v2@x.test")).toEqual([])
    mail.close()
  },
)

test("an address that is refused is refused for good; a server that is busy or away is asked again", async () => {
  const mail = smtpMail({ url: inbox.url, from: "wf@example.test" })
  inbox.refuse("gone@example.test", 550)
  inbox.refuse("busy@example.test", 451)
  expect(await mail.send({ ...message, to: "gone@example.test" })).toBe("refused")
  expect(mail.send({ ...message, to: "busy@example.test" })).rejects.toThrow("451")
  const nowhere = smtpMail({ url: "smtp://127.0.0.1:1", from: "wf@example.test" })
  expect(nowhere.send(message)).rejects.toThrow()
  mail.close()
})

test("settings that can't be meant are refused, each with what it should be", () => {
  const wrong = { WF_SMTP_URL: "http://mail.example.test", WF_MAIL_FROM: "nobody" }
  expect(() => parseConfig(smtpSettings, wrong)).toThrow(/WF_SMTP_URL: must be[\s\S]*WF_MAIL_FROM: must be/)
  const right = { WF_SMTP_URL: "smtps://u:p@mail.example.test:465", WF_MAIL_FROM: "wf <wf@example.test>" }
  expect(parseConfig(smtpSettings, right)).toEqual(right)
})
