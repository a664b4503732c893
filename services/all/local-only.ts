const addresses = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:.]+\]|(?:[\w-]+\.)*localhost)(?::\d{1,5})?$/i

/**
 * A web page can point its own name at this machine and then speak to the platform as if it came from there.
 * Browsers send that name along, so only names that can't be pointed elsewhere are answered.
 */
export const isLocal = (request: Request): boolean => {
  const host = request.headers.get("host")
  return host === null || addresses.test(host)
}
