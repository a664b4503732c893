import type { Given } from "../../command.ts"
import { connection } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"
import { openBrowser } from "../../open-browser.ts"

/** The address is printed in any case: there may be no browser here, or it may be wanted elsewhere. */
export const run = ({ options }: Given, io: Io): Promise<number> => {
  const { url } = connection(options, io)
  const page = new URL("docs", url.endsWith("/") ? url : `${url}/`).href
  io.out(page)
  if (io.out_is_tty) openBrowser(page, io)
  return Promise.resolve(exit_codes.done)
}
