import { accountsOf } from "./accounts.ts"
import { approvalsOf } from "./approvals.ts"
import { artifactsOf } from "./artifacts.ts"
import { auditOf } from "./audit.ts"
import { deadLettersOf } from "./dead-letters.ts"
import { either } from "./follow.ts"
import { historyOf } from "./history.ts"
import { hooksOf } from "./hooks.ts"
import { identityOf } from "./identity.ts"
import { jobsOf } from "./jobs.ts"
import { notificationsOf } from "./notifications.ts"
import { queuesOf, workersOf } from "./queues.ts"
import { runsOf } from "./runs.ts"
import { schedulesOf } from "./schedules.ts"
import { secretsOf } from "./secrets.ts"
import { deliveriesOf, subscriptionsOf } from "./subscriptions.ts"
import { type ClientOptions, createTransport, rememberTransport, type Transport } from "./transport.ts"
import { workflowsOf } from "./workflows.ts"
import { workspacesOf } from "./workspaces.ts"

/** What may be another for some calls. */
export type CallOptions = Pick<ClientOptions, "signal" | "timeout_ms" | "workspace">

const partsOf = (transport: Transport) => ({
  runs: runsOf(transport),
  approvals: approvalsOf(transport),
  workflows: workflowsOf(transport),
  jobs: jobsOf(transport),
  deadLetters: deadLettersOf(transport),
  queues: queuesOf(transport),
  workers: workersOf(transport),
  schedules: schedulesOf(transport),
  secrets: secretsOf(transport),
  hooks: hooksOf(transport),
  artifacts: artifactsOf(transport),
  history: historyOf(transport),
  identity: identityOf(transport),
  workspaces: workspacesOf(transport),
  accounts: accountsOf(transport),
  audit: auditOf(transport),
  subscriptions: subscriptionsOf(transport),
  deliveries: deliveriesOf(transport),
  notifications: notificationsOf(transport),
})

export type Client = ReturnType<typeof partsOf> & {
  /** The same client with another deadline, signal or workspace: `client.with({ signal }).runs.get(id)`. */
  with(options: CallOptions): Client
}

/** The platform's API. Works wherever there is `fetch`. */
export const createClient = (options: ClientOptions): Client => {
  const transport = createTransport(options)
  const client: Client = {
    ...partsOf(transport),
    with: (other) => {
      const signal = either(options.signal, other.signal)
      return createClient({ ...options, ...other, ...(signal && { signal }) })
    },
  }
  rememberTransport(client, transport)
  return client
}
