import { CallError } from "./refusal.ts"

/** The whole body, as long as it has no more than this. */
export const receive = async (response: Response, max_bytes: number): Promise<Uint8Array> => {
  const announced = Number(response.headers.get("content-length") ?? 0)
  if (announced > max_bytes) {
    await response.body?.cancel()
    throw tooLarge(max_bytes)
  }
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of response.body ?? []) {
    bytes += piece.length
    // What was compressed may become any size: leaving the loop ends the connection.
    if (bytes > max_bytes) throw tooLarge(max_bytes)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

const tooLarge = (max_bytes: number): CallError =>
  new CallError(
    "http.too_large",
    `The answer has more than ${max_bytes} bytes: raise \`max_response_bytes\`, or fetch it in a shell task into a file.`,
    true,
  )
