export type Stored = { readonly size_bytes: number; readonly sha256: string }

export type Expected = { readonly size_bytes?: number | undefined; readonly sha256?: string | undefined }

export type Range = { readonly start: number; readonly end?: number }

export type Opened = {
  /** Of the whole object, whatever range was asked for. */
  readonly size_bytes: number
  readonly body: ReadableStream<Uint8Array>
}

export type PutLimits = {
  readonly content_type: string
  readonly max_bytes: number
  /** What it has to be, if that was said before. */
  readonly expected?: Expected | undefined
}

/** Presigned: whoever holds it may do this one thing until then. */
export type Presign = {
  readonly key: string
  readonly method: "GET" | "PUT"
  readonly expires_s: number
  readonly content_type: string
  /** Under which a browser saves it. */
  readonly file_name: string
  /** What is to be put: nothing else is taken. */
  readonly expected?: Expected | undefined
}

export type Presigned = {
  readonly url: string
  readonly method: "GET" | "PUT"
  /** To be sent along. */
  readonly headers: Readonly<Record<string, string>>
  readonly expires_at: string
}

/** Bytes by key, streamed: memory stays constant whatever the size. Keys are the services' own, of safe characters. */
export type Blob = {
  /** Stores all of it or nothing: a stream that fails, is too long or not what was expected leaves no object. */
  put(key: string, body: ReadableStream<Uint8Array>, limits: PutLimits): Promise<Stored>
  /** Undefined when there is none. A range beyond the end gives an empty body. */
  open(key: string, range?: Range): Promise<Opened | undefined>
  /** Gives an object its final key; fails when there is none. Doing it twice is fine. */
  move(from: string, to: string): Promise<void>
  /** Those that are not there are passed over. */
  remove(keys: readonly string[]): Promise<void>
  presign(request: Presign): Promise<Presigned>
}

const key_pattern = /^[a-z0-9][a-z0-9_-]*(?:\/[a-z0-9][a-z0-9_-]*)*$/

/** A key that could leave its folder or bucket is a bug of the caller. */
export const checkKey = (key: string): string => {
  if (key.length > 200 || !key_pattern.test(key)) throw new Error(`${JSON.stringify(key)} is no blob key`)
  return key
}
