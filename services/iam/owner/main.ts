import { parseConfig } from "#kernel/config/config.ts"
import { openPool } from "#kernel/database/open.ts"
import { systemKit } from "#kernel/service/kit.ts"
import { postgresSettings } from "#kernel/service/settings.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { bootstrapOwner } from "./bootstrap.ts"

// Prints an API token of the first owner, for whoever sets a platform up. The one printed before ends with it.
const { WF_POSTGRES_URL: url } = parseConfig(postgresSettings, process.env)
const pool = openPool({ url, application_name: "wf-owner", max_sessions: 1, log: silentLog })
try {
  process.stdout.write(`${await bootstrapOwner(pool.database("iam"), systemKit())}\n`)
} finally {
  await pool.close()
}
