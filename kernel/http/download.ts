import { Problem } from "#kernel/problem/problem.ts"

export type ByteRange = { readonly start: number; readonly end?: number }

/** One range from a start, as clients send it to resume; anything else is answered with the whole. */
export const parseRange = (header: string | undefined): ByteRange | undefined => {
  const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})?$/.exec(header ?? "") ?? []
  if (first === undefined) return undefined
  if (last === undefined) return { start: Number(first) }
  return Number(last) < Number(first) ? undefined : { start: Number(first), end: Number(last) }
}

export const rangeHeaders = (range: ByteRange | undefined, size_bytes: number) => {
  const whole = { "accept-ranges": "bytes", "content-length": String(size_bytes) }
  if (range === undefined) return { status: 200, headers: whole }
  const end = Math.min(range.end ?? size_bytes - 1, size_bytes - 1)
  if (range.start > end)
    throw new Problem("artifact.range_invalid", { detail: `The file has ${size_bytes} bytes.` })
  const headers = {
    ...whole,
    "content-length": String(end - range.start + 1),
    "content-range": `bytes ${range.start}-${end}/${size_bytes}`,
  }
  return { status: 206, headers }
}

/** RFC 5987 leaves fewer characters as they are than URLs do. */
const encoded = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )

/** Always saved, never shown: what a task wrote must not run as a page of ours. */
export const attachment = (file_name: string, content_type: string): Record<string, string> => {
  const plain = file_name.replaceAll(/[^\w.-]/g, "_")
  return {
    "content-type": content_type,
    "content-disposition": `attachment; filename="${plain}"; filename*=UTF-8''${encoded(file_name)}`,
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'",
  }
}
