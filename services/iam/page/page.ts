import { escaped } from "#kernel/mail/write.ts"

export type Field = {
  readonly name: string
  readonly label: string
  readonly type?: "text" | "email" | "password" | "hidden"
  readonly value?: string
  /** What a password manager fills it with. */
  readonly autocomplete?: string
}

export type Form = {
  readonly action: string
  readonly fields: readonly Field[]
  /** What the buttons say; the name and value of the one that was pressed are sent along. */
  readonly buttons: readonly { readonly label: string; readonly value: string }[]
}

export type Page = {
  readonly title: string
  readonly lines: readonly string[]
  /** What was wrong with what was sent before. */
  readonly problem?: string | undefined
  readonly form?: Form
}

const style = `
body { font-family: system-ui, sans-serif; max-width: 28rem; margin: 3rem auto; padding: 0 1rem; line-height: 1.5; color: #222; background: #fff }
label { display: block; margin: 1rem 0 }
input { display: block; box-sizing: border-box; width: 100%; padding: .5rem; font: inherit }
button { padding: .5rem 1rem; margin-right: .5rem; font: inherit }
[role=alert] { border-left: .25rem solid #c00; padding-left: .75rem }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #161616 } }
`

const fieldHtml = ({ name, label, type = "text", value = "", autocomplete = "off" }: Field): string => {
  const input = `<input name="${name}" type="${type}" value="${escaped(value)}" autocomplete="${autocomplete}"`
  if (type === "hidden") return `${input}>`
  return `<label>${escaped(label)}${input} required maxlength="256" spellcheck="false"></label>`
}

const formHtml = ({ action, fields, buttons }: Form): string =>
  [
    `<form method="post" action="${escaped(action)}">`,
    ...fields.map(fieldHtml),
    ...buttons.map(({ label, value }) => `<button name="choice" value="${value}">${escaped(label)}</button>`),
    "</form>",
  ].join("\n")

const html = ({ title, lines, problem, form }: Page, nonce: string): string =>
  [
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escaped(title)} – wf</title>`,
    `<style nonce="${nonce}">${style}</style>\n</head>\n<body>\n<main>`,
    `<h1>${escaped(title)}</h1>`,
    ...(problem === undefined ? [] : [`<p role="alert">${escaped(problem)}</p>`]),
    ...lines.map((line) => `<p>${escaped(line)}</p>`),
    ...(form ? [formHtml(form)] : []),
    "</main>\n</body>\n</html>\n",
  ].join("\n")

/**
 * A page that works without scripts and loads nothing: none may run, nobody may frame it, its forms lead to itself, and what its address says goes
 * nowhere else.
 */
export const answerPage = (page: Page, status = 200): Response => {
  const nonce = crypto.randomUUID()
  const policy = [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join("; ")
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": policy,
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
  }
  return new Response(html(page, nonce), { status, headers })
}
