import type { AuditFilter } from "#sdk/index.ts"
import { flag, type Options, text } from "./command.ts"
import type { Io } from "./io.ts"
import { momentOf } from "./moment.ts"

/** What `wf audit` is asked for. */
export const auditFilter = (options: Options, io: Io): AuditFilter => {
  const [action, actor] = [text(options, "action"), text(options, "actor")]
  const since = momentOf("--since", text(options, "since"), io)
  const until = momentOf("--until", text(options, "until"), io)
  return {
    ...(action !== undefined && { action }),
    ...(actor !== undefined && { actor }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(flag(options, "account") && { account: true }),
  }
}
