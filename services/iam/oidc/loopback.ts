const max_port = 65_535

const program = /^http:\/\/(?:127\.0\.0\.1|\[::1\]):([1-9]\d{0,4})(?:\/[\w.~-]*)*$/

/**
 * Where a program of this person's own machine listens (RFC 8252), written as plainly as it can be: parsers disagree about the rest.
 * A name such as `localhost` could lead elsewhere.
 */
export const isLoopbackReturn = (address: string): boolean => {
  const [, port] = program.exec(address) ?? []
  return port !== undefined && Number(port) <= max_port
}

const loopback_hosts: ReadonlySet<string> = new Set(["127.0.0.1", "[::1]", "localhost"])

/** In the clear only on this machine. */
export const isLoopbackUrl = (url: string): boolean => {
  if (!URL.canParse(url)) return false
  const { protocol, hostname } = new URL(url)
  return protocol === "http:" && loopback_hosts.has(hostname)
}

export const isHttps = (url: string): boolean => URL.canParse(url) && new URL(url).protocol === "https:"
