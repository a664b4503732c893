import type { Context } from "hono"
import type { App, AppEnvironment } from "#kernel/http/app.ts"
import { originOf } from "../audit/caller.ts"
import type { Iam } from "../iam.ts"
import { acceptAs } from "../invite/accept.ts"
import { acceptShape } from "../invite/shape.ts"
import { checkPassword } from "../password/check.ts"
import { verifyRegistration } from "../registration/verify.ts"
import { resetPassword } from "../reset/apply.ts"
import { credentials, newPasswordShape, verification } from "../user/credentials.ts"
import { answerPage, type Page } from "./page.ts"
import { join_path, reset_path, verify_path } from "./paths.ts"
import { fieldsOf, refusalOf, sentForm } from "./sent.ts"

const tokenField = (token: string) => ({ name: "token", label: "", type: "hidden", value: token }) as const

const verifyPage = (token: string, problem?: string): Page => ({
  title: "Confirm your address",
  lines: ["Enter the password that you chose when you registered."],
  problem,
  form: {
    action: verify_path,
    fields: [
      tokenField(token),
      { name: "password", label: "Password", type: "password", autocomplete: "current-password" },
    ],
    buttons: [{ label: "Confirm", value: "confirm" }],
  },
})

const resetPage = (token: string, problem?: string): Page => ({
  title: "Choose a new password",
  lines: ["You are then signed out everywhere. API tokens stay as they are: `wf tokens list` shows them."],
  problem,
  form: {
    action: reset_path,
    fields: [
      tokenField(token),
      { name: "password", label: "New password", type: "password", autocomplete: "new-password" },
    ],
    buttons: [{ label: "Set the password", value: "set" }],
  },
})

const joinPage = (token: string, problem?: string): Page => ({
  title: "Join a workspace",
  lines: [
    "Sign in with the address that was invited. If you have no account yet, make one first: `wf account register`.",
  ],
  problem,
  form: {
    action: join_path,
    fields: [
      tokenField(token),
      { name: "email", label: "E-mail", type: "email", autocomplete: "username" },
      { name: "password", label: "Password", type: "password", autocomplete: "current-password" },
    ],
    buttons: [{ label: "Join", value: "join" }],
  },
})

type Step = {
  readonly form: (token: string, problem?: string) => Page
  readonly take: (sent: URLSearchParams, context: Context<AppEnvironment>) => Promise<Page>
}

/** Looking at a link uses nothing up, since mail programs look at them before people do. */
const mountStep = (app: App, path: string, { form, take }: Step): void => {
  app.get(path, (context) => answerPage(form(context.req.query("token") ?? "")))
  app.post(path, async (context) => {
    const sent = await sentForm(context)
    try {
      return answerPage(await take(sent, context))
    } catch (error) {
      const { problem, status } = refusalOf(error)
      return answerPage(form(sent.get("token") ?? "", problem), status)
    }
  })
}

/** The pages that links in mails lead to. */
export const mountPages = (app: App, iam: Iam): void => {
  const verify = verifyRegistration(iam)
  const reset = resetPassword(iam)
  mountStep(app, verify_path, {
    form: verifyPage,
    take: async (sent, context) => {
      const { user } = await verify(fieldsOf(verification, sent), originOf(context))
      return { title: "Welcome", lines: [`${user.email} has an account now. \`wf login\` signs you in.`] }
    },
  })
  mountStep(app, join_path, {
    form: joinPage,
    take: async (sent, context) => {
      const origin = originOf(context)
      const { token } = fieldsOf(acceptShape, sent)
      const person = await checkPassword(iam, fieldsOf(credentials, sent), origin)
      const { name, role, slug } = await acceptAs(iam, { kind: "user", ...person, origin }, token)
      return {
        title: "Welcome",
        lines: [`You are in ${name}, as ${role}. \`wf workspaces use ${slug}\` goes there.`],
      }
    },
  })
  mountStep(app, reset_path, {
    form: resetPage,
    take: async (sent, context) => {
      await reset(fieldsOf(newPasswordShape, sent), originOf(context))
      return { title: "Done", lines: ["Your password is the new one. `wf login` signs you in."] }
    },
  })
}
