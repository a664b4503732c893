const json_type = /^application\/(?:[\w.+-]+\+)?json\b/i

/** An answer as outputs: its JSON or its text; what is no text, in base64. */
export const answerOf = (response: Response, body: Uint8Array): Readonly<Record<string, unknown>> => {
  const { status, headers } = response
  return {
    status,
    headers: Object.fromEntries(headers),
    ...contentOf(headers.get("content-type") ?? "", body),
  }
}

const contentOf = (type: string, body: Uint8Array): Readonly<Record<string, unknown>> => {
  const text = textOf(body)
  if (text === undefined) return { body_base64: Buffer.from(body).toString("base64") }
  if (!json_type.test(type)) return { body: text }
  try {
    return { json: JSON.parse(text) as unknown }
  } catch {
    return { body: text }
  }
}

/** Undefined when it is not text: neither is a NUL part of any that could be kept. */
const textOf = (body: Uint8Array): string | undefined => {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body)
    return text.includes("\0") ? undefined : text
  } catch {
    return undefined
  }
}
