import { allOf, pageCall } from "./pages.ts"
import type { Artifact, ArtifactUsage, Page, PageOptions, Presigned, Retention } from "./shapes.ts"
import type { Transport } from "./transport.ts"

export type Upload = {
  readonly name: string
  readonly body: ReadableStream<Uint8Array> | Uint8Array | globalThis.Blob
  readonly content_type?: string
  readonly sha256?: string
  readonly signal?: AbortSignal
}

export type Download = { readonly start?: number; readonly signal?: AbortSignal }

export type ListArtifacts = PageOptions & {
  readonly task?: string
  /** With `*` and `?`. */
  readonly name?: string
}

export type PresignArtifact = { readonly expires_s?: number } & (
  | { readonly method?: "GET" }
  | {
      readonly method: "PUT"
      readonly size_bytes: number
      readonly sha256?: string
      readonly content_type?: string
    }
)

export const artifactsOf = (transport: Transport) => {
  const retention = "/api/v1/artifacts/retention"
  const path = (run_id: string) => `/api/v1/runs/${encodeURIComponent(run_id)}/artifacts`
  const file = (run_id: string, name: string) =>
    `${path(run_id)}/${name.split("/").map(encodeURIComponent).join("/")}`
  const list = (run_id: string, options: ListArtifacts = {}) =>
    transport.json<Page<Artifact>>(pageCall(path(run_id), options))
  return {
    list,
    all: (run_id: string, options: ListArtifacts = {}) =>
      allOf((own: ListArtifacts) => list(run_id, own), options),
    /** The file as a stream, from `start` on; `headers` tell its size and checksum. */
    download: (run_id: string, name: string, { start = 0, signal }: Download = {}) =>
      transport.send({
        path: file(run_id, name),
        stream: true,
        ...(start > 0 && { headers: { range: `bytes=${start}-` } }),
        ...(signal && { signal }),
      }),
    /** What a workspace keeps, and may keep. */
    usage: () => transport.json<ArtifactUsage>({ path: "/api/v1/artifacts/usage" }),
    retention: () => transport.json<Retention>({ path: retention }),
    /** null for as long as the platform keeps them. */
    setRetention: (keep_days: number | null) =>
      transport.json<Retention>({ method: "PUT", path: retention, json: { keep_days } }),
    /** A link by which this one file can be had, or brought, without a token. */
    presign: (run_id: string, name: string, link: PresignArtifact = {}) =>
      transport.json<Presigned>({ method: "POST", path: `${file(run_id, name)}/presign`, json: link }),
    /** With a checksum nothing else is kept. */
    upload: (
      run_id: string,
      { name, body, sha256, content_type = "application/octet-stream", signal }: Upload,
    ) =>
      transport.json<Artifact>({
        method: "PUT",
        path: file(run_id, name),
        body,
        headers: {
          "content-type": content_type,
          ...(sha256 !== undefined && { "x-checksum-sha256": sha256 }),
        },
        stream: true,
        ...(signal && { signal }),
      }),
    remove: (run_id: string, name: string) =>
      transport.json<undefined>({ method: "DELETE", path: file(run_id, name) }),
  }
}
