import type { Client } from "@connectrpc/connect"
import { Problem } from "#kernel/problem/problem.ts"
import { patiently } from "#kernel/rpc/patiently.ts"
import { secretForms } from "#language/mask/forms.ts"
import { createMasker, type Masker, maskAll, maskText } from "#language/mask/masker.ts"
import type { Attempt } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import type { WorkflowService } from "#proto/generated/wf/workflow/v1/workflow_pb.ts"
import type { LogStream, Outcome } from "../executor/executor.ts"
import type { AttemptLog } from "../log/shipper.ts"

/** A line this long may be a piece of a longer one, and a secret may go on in the next piece. */
const max_piece_chars = 16_383

/** The secrets of one attempt, and what keeps them out of all that leaves it. */
export type Guard = {
  readonly values: Readonly<Record<string, string>>
  readonly write: AttemptLog["write"]
  /** Runs the work; nothing of its outcome has a secret, however it ends. */
  run(work: () => Promise<Outcome>): Promise<Outcome>
}

type Refused = { readonly refused: Extract<Outcome, { ok: false }> }

export type OpenGuard = (attempt: Attempt, write: AttemptLog["write"]) => Promise<Guard | Refused>

const no_values: Guard["values"] = {}
const runOpenly: Guard["run"] = (work) => work()

/** Of a task that declares no secrets. */
export const guardNothing = (write: AttemptLog["write"]): Guard => ({
  values: no_values,
  write,
  run: runOpenly,
})

/** Brings what a task declares, and stands between the task and its log and outputs. */
export const openGuard =
  (workflow: Client<typeof WorkflowService>): OpenGuard =>
  async ({ taskRunId, token }, write) => {
    try {
      const { values, missing } = await patiently(() => workflow.giveSecrets({ taskRunId, token }))
      if (missing.length === 0) return guardOf(values, write)
      const sets = missing.map((name) => `\`wf secrets set ${name}\``).join(", ")
      return refusal(
        "secret.not_found",
        `This task needs ${missing.join(", ")}: ${sets}, then run it again.`,
        true,
      )
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      return refusal(error.code, `The secrets of this task could not be brought: ${error.message}`, false)
    }
  }

const refusal = (code: string, message: string, non_retryable: boolean): Refused => ({
  refused: { ok: false, error: { code, message }, non_retryable },
})

const guardOf = (values: Readonly<Record<string, string>>, write: AttemptLog["write"]): Guard => {
  const forms = secretForms(Object.values(values))
  const maskers = new Map<LogStream, Masker>()
  const maskerOf = (stream: LogStream): Masker => {
    const known = maskers.get(stream) ?? createMasker(forms)
    maskers.set(stream, known)
    return known
  }
  const show = async (stream: LogStream, text: string): Promise<void> => {
    if (text !== "") await write(stream, text)
  }
  return {
    values,
    async write(stream, text) {
      const masker = maskerOf(stream)
      const shown = masker.push(text)
      if (text.length >= max_piece_chars) return show(stream, shown)
      return write(stream, shown + masker.end())
    },
    async run(work) {
      try {
        return maskOutcome(await work(), forms)
      } catch (error) {
        const message = `The worker could not run this task: ${error instanceof Error ? error.message : String(error)}`
        return maskOutcome({ ok: false, error: { code: "worker.failed", message } }, forms)
      } finally {
        // What was kept back because a secret could have gone on.
        for (const [stream, masker] of maskers) await show(stream, masker.end())
      }
    },
  }
}

const maskOutcome = (outcome: Outcome, forms: readonly string[]): Outcome => {
  if (outcome.ok) return { ...outcome, outputs: maskAll(outcome.outputs, forms) as typeof outcome.outputs }
  const { code, message } = outcome.error
  return { ...outcome, error: { code, message: maskText(message, forms) } }
}
