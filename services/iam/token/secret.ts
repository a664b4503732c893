const secret_bytes = 32

/** A token nobody can guess. Only its hash is kept. */
export const newSecret = (prefix: string): string => {
  const bytes = crypto.getRandomValues(new Uint8Array(secret_bytes))
  return `${prefix}${Buffer.from(bytes).toString("base64url")}`
}

/** A plain hash is enough for what is 256 random bits. */
export const hashOf = async (secret: string): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret)))
