import { auditFilter } from "../../audit-filter.ts"
import { asJson } from "../../clean.ts"
import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"

export const run = async ({ options }: Given, io: Io): Promise<number> => {
  const filter = auditFilter(options, io)
  for await (const entry of connect(options, io).audit.export(filter, io.signal)) io.out(asJson(entry))
  return exit_codes.done
}
