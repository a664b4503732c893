export type BlobInfo = {
  readonly size_bytes: number
  readonly content_type: string
}

export type Stored = { readonly size_bytes: number; readonly sha256: string }

export type Opened = BlobInfo & { readonly body: ReadableStream<Uint8Array> }

export type Range = { readonly start: number; readonly end?: number }

/** Presigned: whoever holds it may do this one thing until then. */
export type Presign = {
  readonly key: string
  readonly method: "GET" | "PUT"
  readonly expires_s: number
  readonly content_type?: string
  readonly file_name?: string
}

export type Presigned = {
  readonly url: string
  readonly method: "GET" | "PUT"
  readonly headers: Readonly<Record<string, string>>
  readonly expires_at: string
}

/** Bytes by key, streamed: memory stays constant whatever the size. */
export type Blob = {
  /** Stores all of it or nothing. A stream that fails leaves no object. */
  put(
    key: string,
    body: ReadableStream<Uint8Array>,
    info: { content_type: string; max_bytes: number },
  ): Promise<Stored>
  open(key: string, range?: Range): Promise<Opened | undefined>
  /** Gives the object its final key; fails when there is none. */
  move(from: string, to: string): Promise<void>
  remove(keys: readonly string[]): Promise<void>
  presign(request: Presign): Promise<Presigned>
}
