import { type Reader, readerOf } from "#kernel/http/reader.ts"

/** Somebody who reads a stream for as long as the check lets them. */
export const testReader = (check: Reader["check"] = () => Promise.resolve()): Reader =>
  readerOf({ req: { raw: new Request("http://test/") }, get: () => check })
