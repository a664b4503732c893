/** Castagnoli's polynomial, reflected. */
const polynomial = 0x82f63b78

const shifted = (value: number): number => (value & 1 ? (value >>> 1) ^ polynomial : value >>> 1)

/** The checksum of each byte, and of each byte that one to seven zeros follow: eight are looked up at a time. */
const tables = (): Int32Array => {
  const table = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte += 1) {
    let value = byte
    for (let bit = 0; bit < 8; bit += 1) value = shifted(value)
    table[byte] = value
  }
  for (let place = 256; place < table.length; place += 1) {
    const before = table[place - 256] ?? 0
    table[place] = (table[before & 255] ?? 0) ^ (before >>> 8)
  }
  return table
}

const table = tables()

const at = (place: number): number => table[place] as number

/** What a broker checks a batch of records by. Four times as fast as byte by byte, as kafkajs does it. */
export const crc32c = (bytes: Uint8Array): number => {
  const byteAt = (place: number): number => bytes[place] as number
  let sum = -1
  let place = 0
  for (; place + 8 <= bytes.length; place += 8) {
    const first =
      sum ^ (byteAt(place) | (byteAt(place + 1) << 8) | (byteAt(place + 2) << 16) | (byteAt(place + 3) << 24))
    sum =
      at(1_792 + (first & 255)) ^
      at(1_536 + ((first >>> 8) & 255)) ^
      at(1_280 + ((first >>> 16) & 255)) ^
      at(1_024 + (first >>> 24)) ^
      at(768 + byteAt(place + 4)) ^
      at(512 + byteAt(place + 5)) ^
      at(256 + byteAt(place + 6)) ^
      at(byteAt(place + 7))
  }
  for (; place < bytes.length; place += 1) sum = at((sum ^ byteAt(place)) & 255) ^ (sum >>> 8)
  return ~sum >>> 0
}
