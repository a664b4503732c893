import { createTarPacker } from "modern-tar"

export type Entry = { readonly name: string; readonly bytes: Uint8Array; readonly at: Date }

const encoder = new TextEncoder()

/** An archive, an entry after the other: one is asked for when what was before it is taken. */
export const tarOf = (entries: AsyncIterable<Entry>): ReadableStream<Uint8Array> => {
  const { readable, controller } = createTarPacker()
  const pack = async (): Promise<void> => {
    for await (const { name, bytes, at } of entries) {
      const writer = controller.add({ name, size: bytes.length, mtime: at, mode: 0o644 }).getWriter()
      await writer.write(bytes)
      await writer.close()
    }
    controller.finalize()
  }
  pack().catch((error: unknown) => controller.error(error))
  return readable
}

const max_part_bytes = 4_000_000

/** Values as lines of JSON, in as many entries as it takes, so that no more than one is ever held. */
export async function* inParts(
  values: AsyncIterable<unknown>,
  nameOf: (part: number) => string,
  at: Date,
): AsyncGenerator<Entry> {
  let lines: Uint8Array[] = []
  let size = 0
  let part = 0
  const entry = (): Entry => {
    const bytes = new Uint8Array(size)
    let place = 0
    for (const line of lines) {
      bytes.set(line, place)
      place += line.length
    }
    lines = []
    size = 0
    part += 1
    return { name: nameOf(part), bytes, at }
  }
  for await (const value of values) {
    const line = encoder.encode(`${JSON.stringify(value)}\n`)
    lines.push(line)
    size += line.length
    if (size >= max_part_bytes) yield entry()
  }
  if (size > 0 || part === 0) yield entry()
}

export const jsonEntry = (name: string, value: unknown, at: Date): Entry => ({
  name,
  bytes: encoder.encode(`${JSON.stringify(value, null, 2)}\n`),
  at,
})
