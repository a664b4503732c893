import { artifactKinds } from "./artifact-kinds.ts"
import { identityKinds } from "./identity-kinds.ts"
import { notificationKinds } from "./notification-kinds.ts"

/** Every refusal there is: its status, its title, and what to do next. */
export const kinds = {
  "request.invalid": {
    status: 422,
    title: "The request is not valid",
    next: "Correct the fields named in `errors` and send it again.",
  },
  "request.malformed": {
    status: 400,
    title: "The request can't be read",
    next: "Send well-formed JSON with the right Content-Type.",
  },
  "request.media_type": {
    status: 415,
    title: "The body's Content-Type is not taken here",
    next: "Send `Content-Type: application/json`, or what /openapi.json names for this path.",
  },
  "request.too_large": { status: 413, title: "The request is too large", next: "Send less, or split it." },
  "request.too_many": {
    status: 429,
    title: "Too many requests",
    next: "Send the request again after the seconds that Retry-After names, and fewer at a time.",
  },
  "request.not_found": {
    status: 404,
    title: "There is no such path",
    next: "See /openapi.json for the paths there are.",
  },
  "request.wrong_host": {
    status: 421,
    title: "This platform answers on its own machine only",
    next: "Use http://127.0.0.1 or http://localhost with its port.",
  },
  "request.cross_origin": {
    status: 403,
    title: "Pages of this origin may not open streams here",
    next: "Open it from the platform's own origin, or have the origin named in `WF_WEB_ORIGIN`.",
  },
  ...identityKinds,
  ...notificationKinds,
  "workflow.not_found": { status: 404, title: "There is no such workflow", next: "See `wf workflows list`." },
  "workflow.invalid": {
    status: 422,
    title: "The workflow is not valid",
    next: "Correct the places named in `errors`; `wf validate FILE` checks it without sending.",
  },
  "bundle.not_found": {
    status: 404,
    title: "The files of this version are gone from the store",
    next: "Push the workflow again with `wf push FILE`, which brings them back.",
  },
  "version.not_runnable": {
    status: 422,
    title: "This version of wf doesn't run all that the workflow uses",
    next: "Leave out what `detail` names, or start it after an upgrade; `wf validate FILE` shows the places.",
  },
  "workflow.cycle": {
    status: 422,
    title: "Workflows run each other in a circle",
    next: "Take one of these tasks out of the circle.",
  },
  "workflow.unknown_part": {
    status: 422,
    title: "A workflow that this one runs can't be started",
    next: "Push or restore that workflow, or name another version, and start it again.",
  },
  "trigger.too_large": {
    status: 413,
    title: "What begins the run is too large to be kept with it",
    next: "Send less, or let the workflow read `trigger` in its trigger's `inputs` alone.",
  },
  "workflow.started": {
    status: 409,
    title: "The workflow was started already",
    next: "Make a new one; what was started stays as it is.",
  },
  "workflow.archived": {
    status: 409,
    title: "The workflow is archived",
    next: "Bring it back with `wf workflows restore NAME`.",
  },
  "schedule.not_found": { status: 404, title: "There is no such schedule", next: "See `wf schedules list`." },
  "schedule.exists": {
    status: 409,
    title: "A schedule with this name is there already",
    next: "Choose another name, or delete the one there is.",
  },
  "schedule.declared": {
    status: 409,
    title: "The schedule belongs to its workflow's file",
    next: "Change `schedule` in the file and push it; `wf schedules pause NAME` stops it meanwhile.",
  },
  "secret.not_found": { status: 404, title: "There is no such secret", next: "See `wf secrets list`." },
  "secret.unreadable": {
    status: 500,
    title: "The secret can't be decrypted",
    next: "Start the platform with the key file it was set with, or set it again with `wf secrets set NAME`.",
  },
  "hook.not_found": {
    status: 404,
    title: "There is no such webhook",
    next: "Use the address that `wf hooks list` shows; it changes when a webhook is rotated.",
  },
  "hook.not_signed": {
    status: 401,
    title: "The request is not signed as the webhook asks for",
    next: "Sign it with the secret and scheme that `wf hooks list` names, and with the time of now.",
  },
  "hook.not_mapped": {
    status: 422,
    title: "The trigger's expressions can't be evaluated",
    next: "Correct the expressions named in `errors` in the workflow's file, or what is sent.",
  },
  "hook.too_many": { status: 429, title: "The webhook is sent too much", next: "Send it later, and slower." },
  "version.not_found": {
    status: 404,
    title: "There is no such version",
    next: "See `wf workflows show NAME`.",
  },
  "inputs.invalid": {
    status: 422,
    title: "The inputs don't fit the workflow",
    next: "Give the inputs named in `errors` with `-i key=value`.",
  },
  "run.not_found": { status: 404, title: "There is no such run", next: "See `wf runs list`." },
  "run.not_pausable": {
    status: 409,
    title: "The run can't be paused or resumed now",
    next: "See `wf runs show` for its status.",
  },
  "run.not_ended": {
    status: 409,
    title: "The run has not ended",
    next: "Wait for its end, or `wf cancel` it first.",
  },
  "task.not_found": { status: 404, title: "There is no such task", next: "`wf runs show` names its tasks." },
  "task.not_waiting": {
    status: 409,
    title: "The task doesn't wait for that now",
    next: "See `wf runs show` for its status.",
  },
  "approval.not_yours": {
    status: 403,
    title: "This is not yours to decide",
    next: "Ask somebody whom the task names, or who has one of its roles.",
  },
  "approval.decided": {
    status: 409,
    title: "It has been decided already",
    next: "See `wf runs show` for what was decided; `wf rerun RUN --from TASK` asks anew.",
  },
  "signal.unknown": {
    status: 404,
    title: "No task of the run waits for such a signal",
    next: "Check the name: it is the `name` in the task's `with`, or the task's own.",
  },
  "signal.invalid": {
    status: 422,
    title: "The signal's data don't fit what the task waits for",
    next: "Correct what `errors` names and send it again.",
  },
  "signal.not_awaited": {
    status: 409,
    title: "Nothing waits for this signal any more",
    next: "See `wf runs show` for what became of the task.",
  },
  "signal.kept": {
    status: 409,
    title: "Another signal of that name is kept for the run",
    next: "Send this one when a task has taken the first.",
  },
  "run.not_cancellable": {
    status: 409,
    title: "The run has ended already",
    next: "Nothing is left to cancel.",
  },
  "job.not_found": { status: 404, title: "There is no such job", next: "See `wf jobs list`." },
  "job.not_cancellable": {
    status: 409,
    title: "The job has ended already",
    next: "Nothing is left to cancel.",
  },
  "dead_letter.not_found": {
    status: 404,
    title: "There is no such dead letter",
    next: "See `wf dead-letters list`.",
  },
  "dead_letter.resolved": {
    status: 409,
    title: "The dead letter was dealt with in another way",
    next: "See what became of its job with `wf jobs show ID`.",
  },
  ...artifactKinds,
  "idempotency.conflict": {
    status: 409,
    title: "The idempotency key was used with another body",
    next: "Use a new key, or send the body of the first request.",
  },
  "concurrency.full": {
    status: 409,
    title: "The concurrency key is held by as many as may hold it",
    next: "Ask again when one of them has ended, or let it wait with `on_conflict: queue`.",
  },
  "concurrency.invalid": {
    status: 422,
    title: "The concurrency key that the inputs give can't be used",
    next: "Give inputs that make a key of 1 to 255 characters, or change the workflow's `concurrency.key`.",
  },
  "attempt.stale": {
    status: 409,
    title: "This attempt was given to somebody else",
    next: "Stop the work; its result is not wanted any more.",
  },
  "session.ended": {
    status: 409,
    title: "This worker's session has ended",
    next: "Open a new session; what the old one held was given to others.",
  },
  "worker.not_found": { status: 404, title: "There is no such worker", next: "See `wf workers list`." },
  "worker.too_many": {
    status: 429,
    title: "The workspace has as many workers as it may",
    next: "Stop some, or give those there are more slots.",
  },
  "platform.busy": {
    status: 503,
    title: "The platform is at its limit",
    next: "Try again after the time in `Retry-After`.",
  },
  "log.not_kept": {
    status: 503,
    title: "Logs can't be stored now",
    next: "Make room where the platform keeps them. Tasks that print wait for it, and go on by themselves.",
  },
  "platform.unavailable": {
    status: 503,
    title: "A part of the platform can't be reached",
    next: "Try again shortly; `GET /health/ready` names the part.",
  },
  "platform.unknown_outcome": {
    status: 503,
    title: "It isn't known whether this was done",
    next: "Send it again with the same Idempotency-Key.",
  },
  "platform.bug": {
    status: 500,
    title: "Something broke on our side",
    next: "Try again; if it stays, report it with the request id.",
  },
} as const satisfies Record<string, { status: number; title: string; next: string }>

export type ProblemKind = keyof typeof kinds

export const isProblemKind = (code: string): code is ProblemKind => Object.hasOwn(kinds, code)
