import { URL } from "node:url"

/** What a link in a mail carries, given as the link or by itself. */
export const linkToken = (given: string): string =>
  URL.canParse(given) ? (new URL(given).searchParams.get("token") ?? given) : given
