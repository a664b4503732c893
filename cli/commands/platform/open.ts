import type { Given } from "../../command.ts"
import { connection } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"
import { openBrowser } from "../../open-browser.ts"

/** Its address is printed in any case: not everybody has a browser where they have a terminal. */
export const run = async ({ options }: Given, io: Io): Promise<number> => {
  const { url } = connection(options, io)
  const reference = `${url.replace(/\/+$/, "")}/docs`
  openBrowser(reference, io)
  io.out(reference)
  return exit_codes.done
}
