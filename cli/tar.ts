export type Entry = { readonly name: string; readonly bytes: Uint8Array; readonly at: Date }

const block = 512
const encoder = new TextEncoder()

const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, "0")}\0`

/** A header of ustar; names are ours, and short. */
const headerOf = ({ name, bytes, at }: Entry): Uint8Array => {
  const fields = [
    name.padEnd(100, "\0"),
    ...[octal(0o644, 7), octal(0, 7), octal(0, 7), octal(bytes.length, 11)],
    ...[octal(Math.floor(at.getTime() / 1_000), 11), " ".repeat(8), "0".padEnd(101, "\0"), "ustar\0", "00"],
  ]
  const header = new Uint8Array(block)
  header.set(encoder.encode(fields.join("")))
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.set(encoder.encode(`${octal(sum, 6)} `), 148)
  return header
}

/** An archive, an entry after the other. */
export async function* tarOf(entries: AsyncIterable<Entry>): AsyncGenerator<Uint8Array> {
  for await (const entry of entries) {
    yield headerOf(entry)
    yield entry.bytes
    yield new Uint8Array((block - (entry.bytes.length % block)) % block)
  }
  yield new Uint8Array(2 * block)
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
