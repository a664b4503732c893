import type { Message } from "./mail.ts"

export type Text = {
  readonly subject: string
  readonly lines: readonly string[]
  /** As it was written by others, in a block of its own. */
  readonly quoted?: { readonly label: string; readonly lines: readonly string[] }
  /** Where the reader is to go, and what the button says. */
  readonly link?: { readonly url: string; readonly label: string }
  readonly footer: string
}

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
}

/** Text as it stands in a page or mail of HTML. */
export const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => escapes[sign] ?? sign)

const style = "font-family:system-ui,sans-serif;max-width:36rem;margin:2rem auto;color:#222;line-height:1.5"
const button = "background:#1a56db;color:#fff;padding:.6rem 1rem;border-radius:.3rem;text-decoration:none"

const pre = "background:#f4f4f4;padding:.8rem;overflow:auto;font-size:.85rem"

/** One text in its two forms. */
export const messageOf = (id: string, to: string, text: Text): Message => {
  const { subject, lines, quoted, link, footer } = text
  const block = quoted ? [quoted.label, quoted.lines.map((line) => `  ${line}`).join("\n")] : []
  const plain = [...lines, ...block, ...(link ? [`${link.label}:\n${link.url}`] : []), `--\n${footer}`]
  const paragraphs = lines.map((line) => `<p>${escaped(line)}</p>`)
  const action = link
    ? [
        `<p><a style="${button}" href="${escaped(link.url)}">${escaped(link.label)}</a></p>`,
        `<p style="word-break:break-all">${escaped(link.url)}</p>`,
      ]
    : []
  const html = [
    `<!doctype html><html lang="en"><body style="${style}">`,
    ...paragraphs,
    ...(quoted
      ? [`<p>${escaped(quoted.label)}</p>`, `<pre style="${pre}">${escaped(quoted.lines.join("\n"))}</pre>`]
      : []),
    ...action,
    `<hr><p><small>${escaped(footer)}</small></p>`,
    "</body></html>",
  ].join("\n")
  return { id, to, subject, text: `${plain.join("\n\n")}\n`, html }
}
