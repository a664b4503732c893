/** The partition of a key: the client's own way to find it takes longer than all else that it does with a message. */
export const placeOf = (key: string, partitions: number): number => Bun.hash.crc32(key) % partitions
