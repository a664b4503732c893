import type { Context } from "hono"
import { type Origin, originOf } from "#kernel/audit/caller.ts"
import type { App, AppEnvironment } from "#kernel/http/app.ts"
import type { Iam } from "../iam.ts"
import { answerPage, type Page } from "../page/page.ts"
import { fieldsOf, refusalOf, sentForm } from "../page/sent.ts"
import { checkPassword } from "../password/check.ts"
import { credentials } from "../user/credentials.ts"
import { decideAs } from "./decide.ts"
import { findDevice, type Waiting } from "./find.ts"
import { page_path } from "./request.ts"

const title = "Sign in a device"

const codePage = (user_code: string, problem?: string): Page => ({
  title,
  lines: ["Enter the code that your device shows."],
  problem,
  form: {
    action: page_path,
    fields: [{ name: "user_code", label: "Code", value: user_code }],
    buttons: [{ label: "Go on", value: "look" }],
  },
})

type Shown = { readonly device: Waiting; readonly email: string; readonly problem?: string | undefined }

const decisionPage = ({ device, email, problem }: Shown): Page => ({
  title,
  lines: [
    `${device.device || "A device that doesn't say what it is"} asks to be signed in as you, from ${device.address ?? "an unknown address"}.`,
    `Agree only if you have started this yourself, just now, and your device shows ${device.user_code}.`,
  ],
  problem,
  form: {
    action: page_path,
    fields: [
      { name: "user_code", label: "", type: "hidden", value: device.user_code },
      { name: "email", label: "E-mail", type: "email", value: email, autocomplete: "username" },
      { name: "password", label: "Password", type: "password", autocomplete: "current-password" },
    ],
    buttons: [
      { label: "Sign it in", value: "approve" },
      { label: "Refuse", value: "deny" },
    ],
  },
})

const donePage = (approve: boolean): Page => ({
  title: approve ? "Signed in" : "Refused",
  lines: [approve ? "Your device goes on by itself. You may close this page." : "The device gets nothing."],
})

type Sent = { readonly form: URLSearchParams; readonly origin: Origin }

/** The password is asked for each time: there is no cookie that another site could use, or that stays on this machine. */
const answerTo = async (iam: Iam, { form, origin }: Sent): Promise<Response> => {
  const user_code = form.get("user_code") ?? ""
  const choice = form.get("choice")
  const device = await findDevice(iam, user_code, origin)
  const email = form.get("email") ?? ""
  if (choice !== "approve" && choice !== "deny") return answerPage(decisionPage({ device, email }))
  try {
    const person = await checkPassword(iam, fieldsOf(credentials, form), origin)
    const approve = choice === "approve"
    await decideAs(iam, { kind: "user", ...person, origin }, { user_code: device.user_code, approve })
    return answerPage(donePage(approve))
  } catch (error) {
    const { problem, status } = refusalOf(error)
    return answerPage(decisionPage({ device, email, problem }), status)
  }
}

/** Where somebody lets a device in; it works without scripts. */
export const mountDevicePage = (app: App, iam: Iam): void => {
  app.get(page_path, (context) => answerPage(codePage(context.req.query("user_code") ?? "")))
  app.post(page_path, async (context: Context<AppEnvironment>) => {
    const form = await sentForm(context)
    try {
      return await answerTo(iam, { form, origin: originOf(context) })
    } catch (error) {
      const { problem, status } = refusalOf(error)
      return answerPage(codePage(form.get("user_code") ?? "", problem), status)
    }
  })
}
