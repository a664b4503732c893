import { Hono } from "hono"
import type { PlatformKey } from "#kernel/auth/platform-key.ts"
import { problemResponse } from "#kernel/http/door.ts"
import { attachment, parseRange, rangeHeaders } from "#kernel/http/download.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { type Blob, checkKey } from "./blob.ts"
import { type Permit, readPermit } from "./signature.ts"

export type SignedBlobs = {
  readonly blob: Blob
  readonly key: PlatformKey
  readonly now: () => Date
  readonly max_bytes: number
}

const prefix = "/blobs/"

/** What presigned URLs of a folder lead to: no other credential is asked for, and nothing else is allowed. */
export const signedBlobs = ({ blob, key, now, max_bytes }: SignedBlobs): Hono => {
  const app = new Hono()
  app.on(["GET", "PUT"], `${prefix}*`, async (context) => {
    const url = new URL(context.req.url)
    const name = url.pathname.slice(prefix.length)
    const permit = readPermit({ key: name, method: context.req.method, query: url.searchParams }, key, now())
    if (!permit) throw new Problem("artifact.link_invalid")
    checkKey(name)
    if (permit.method === "GET") return download(blob, permit, context.req.header("range"))
    const body = context.req.raw.body ?? new Response("").body
    const { content_type, expected } = permit
    if (body)
      await blob.put(name, body, { content_type, expected, max_bytes: expected.size_bytes ?? max_bytes })
    return context.body(null, 200)
  })
  app.onError((error) => {
    if (error instanceof Problem) return problemResponse(error)
    throw error
  })
  return app
}

const download = async (blob: Blob, permit: Permit, range_header: string | undefined): Promise<Response> => {
  const range = parseRange(range_header)
  const opened = await blob.open(permit.key, range)
  if (!opened) throw new Problem("artifact.not_found")
  const { status, headers } = rangeHeaders(range, opened.size_bytes)
  const { file_name, content_type } = permit
  return new Response(opened.body, {
    status,
    headers: { ...headers, ...attachment(file_name, content_type) },
  })
}
