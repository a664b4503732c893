import { asJson, clean, cleanLine } from "../clean.ts"
import { type Io, styled } from "../io.ts"
import { maskHeader, maskText, maskValue } from "./mask.ts"

const max_body_characters = 4_000

const isJson = (type: string): boolean => /^application\/([\w.-]+\+)?json/.test(type)
const isText = (type: string): boolean => isJson(type) || /^text\/(?!event-stream)/.test(type)

const bodyText = (text: string, type: string): string => {
  if (!isJson(type)) return clean(maskText(text))
  try {
    return asJson(maskValue(JSON.parse(text)))
  } catch {
    return clean(maskText(text))
  }
}

/** A body is shown as far as it can be read at once; streams and files are left to whom they are for. */
const shownBody = async (message: Request | Response): Promise<string | undefined> => {
  if (message.body === null) return undefined
  const type = message.headers.get("content-type") ?? ""
  if (!isText(type)) return `(${cleanLine(type) || "bytes"}, not shown)`
  const text = bodyText(await message.clone().text(), type)
  if (text === "") return undefined
  const left = text.length - max_body_characters
  return left > 0 ? `${text.slice(0, max_body_characters)}… (${left} more characters)` : text
}

const headerLines = (headers: Headers): readonly string[] =>
  [...headers].map(([name, value]) => cleanLine(`${name}: ${maskHeader(name, value)}`))

type Shown = { readonly sign: string; readonly first: string; readonly message: Request | Response }

const show = async ({ sign, first, message }: Shown, io: Io): Promise<void> => {
  const body = await shownBody(message).catch(() => "(it broke off)")
  const lines = [
    first,
    ...headerLines(message.headers),
    ...(body === undefined ? [] : ["", ...body.split("\n")]),
  ]
  const mark = styled({ color: io.color && io.note_is_tty }, "dim", sign)
  for (const line of lines) io.note(`${mark} ${line}`.trimEnd())
}

const nameOf = (error: unknown): string => {
  const { code, name, message } = (error ?? {}) as NodeJS.ErrnoException
  return cleanLine(`${code ?? name}: ${message}`)
}

/** Asks as `io.fetch` does, and shows on stderr what was asked and answered, without the secrets in it. */
export const tracing = (io: Io): Io["fetch"] => {
  let count = 0
  return async (request) => {
    count += 1
    const number = count
    const url = cleanLine(maskText(request.url))
    await show({ sign: ">", first: `#${number} ${request.method} ${url}`, message: request }, io)
    const begun = performance.now()
    const took = () => `${Math.round(performance.now() - begun)} ms`
    try {
      const response = await io.fetch(request)
      const id = cleanLine(response.headers.get("x-request-id") ?? "none")
      const first = `#${number} ${response.status} after ${took()}, request ${id}`
      await show({ sign: "<", first, message: response }, io)
      return response
    } catch (error) {
      io.note(`! #${number} no answer after ${took()}: ${nameOf(error)}`)
      throw error
    }
  }
}
