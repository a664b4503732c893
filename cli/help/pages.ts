import executors from "#docs/executors.md" with { type: "text" }
import expressions from "#docs/expressions.md" with { type: "text" }
import notifications from "#docs/notifications.md" with { type: "text" }
import permissions from "#docs/permissions.md" with { type: "text" }
import remote_workers from "#docs/remote-workers.md" with { type: "text" }
import single_sign_on from "#docs/single-sign-on.md" with { type: "text" }
import workflow_files from "#docs/workflow-files.md" with { type: "text" }
import completion from "./pages/completion.md" with { type: "text" }
import debugging from "./pages/debugging.md" with { type: "text" }
import environment from "./pages/environment.md" with { type: "text" }
import exit_codes from "./pages/exit-codes.md" with { type: "text" }
import inputs from "./pages/inputs.md" with { type: "text" }
import output from "./pages/output.md" with { type: "text" }
import profiles from "./pages/profiles.md" with { type: "text" }
import type { Topic } from "./topics.ts"

/** Their texts. Imported rather than read, so that they are in every form that this program comes in. */
export const pages: Readonly<Record<Topic, string>> = {
  environment,
  profiles,
  output,
  inputs,
  "exit-codes": exit_codes,
  debugging,
  completion,
  "workflow-files": workflow_files,
  expressions,
  executors,
  "remote-workers": remote_workers,
  notifications,
  permissions,
  "single-sign-on": single_sign_on,
}
