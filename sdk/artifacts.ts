import { allOf } from "./pages.ts"
import type { Artifact, Page, PageOptions } from "./shapes.ts"
import type { Transport } from "./transport.ts"

export type Upload = {
  readonly name: string
  readonly body: ReadableStream<Uint8Array> | Uint8Array | globalThis.Blob
  readonly content_type?: string
  readonly signal?: AbortSignal
}

export const artifactsOf = (transport: Transport) => {
  const path = (run_id: string) => `/api/v1/runs/${encodeURIComponent(run_id)}/artifacts`
  const file = (run_id: string, name: string) =>
    `${path(run_id)}/${name.split("/").map(encodeURIComponent).join("/")}`
  const list = (run_id: string, options: PageOptions = {}) =>
    transport.json<Page<Artifact>>({ path: path(run_id), query: options })
  return {
    list,
    all: (run_id: string, options: PageOptions = {}) =>
      allOf((own: PageOptions) => list(run_id, own), options),
    /** The file as a stream; `headers` tell its size and checksum. */
    download: (run_id: string, name: string, signal?: AbortSignal) =>
      transport.send({ path: file(run_id, name), stream: true, ...(signal && { signal }) }),
    upload: (run_id: string, { name, body, content_type = "application/octet-stream", signal }: Upload) =>
      transport.json<Artifact>({
        method: "PUT",
        path: file(run_id, name),
        body,
        headers: { "content-type": content_type },
        stream: true,
        ...(signal && { signal }),
      }),
    remove: (run_id: string, name: string) =>
      transport.json<undefined>({ method: "DELETE", path: file(run_id, name) }),
  }
}
