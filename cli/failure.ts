import { ProfilesError } from "#kernel/config/profiles-error.ts"
import { WfProblem, WfUnreachable } from "#sdk/problem.ts"
import { clean } from "./clean.ts"
import { type ExitCode, exit_codes } from "./exit.ts"

/** What the user did, or met, that ends the command: one paragraph that says what to do, and an exit code. */
export class Failure extends Error {
  readonly exit_code: ExitCode

  constructor(exit_code: ExitCode, message: string) {
    super(message)
    this.name = "Failure"
    this.exit_code = exit_code
  }
}

const codes: Readonly<Record<number, ExitCode>> = {
  400: exit_codes.usage,
  401: exit_codes.denied,
  403: exit_codes.denied,
  404: exit_codes.not_found,
  409: exit_codes.conflict,
  413: exit_codes.usage,
  422: exit_codes.usage,
}

const problemText = (problem: WfProblem): string => {
  const errors = problem.errors
    .map(({ path, message }) => `\n  ${path === "" ? "" : `${path}: `}${message}`)
    .join("")
  const detail = problem.errors.length > 0 ? problem.title : problem.message
  // Beside the errors themselves it only says that there are some.
  const next = problem.next === "" || problem.errors.length > 0 ? "" : `\n${problem.next}`
  const request = problem.request_id === undefined ? "" : `\n(request ${problem.request_id})`
  return clean(`${detail}${detail.endsWith(".") ? "" : "."}${errors}${next}${request}`)
}

const unreachableText = ({ url }: WfUnreachable): string =>
  `${url} does not answer. Start the platform with \`wf up\`, or name another one with WF_URL or \`--profile\`; \`wf doctor\` finds out more.`

/** A file that may not be read, a disk that is full: the system says which, and why. */
const isOfSystem = (error: unknown): error is Error =>
  error instanceof Error && "syscall" in error && "code" in error

/** What is said about a thrown thing, and with which code the process ends. A bug has no place here. */
export const failureOf = (error: unknown): Failure | undefined => {
  if (error instanceof Failure) return error
  if (error instanceof WfUnreachable) return new Failure(exit_codes.unreachable, unreachableText(error))
  if (error instanceof ProfilesError) return new Failure(exit_codes.usage, error.message)
  if (isOfSystem(error)) return new Failure(exit_codes.failed, `${error.message}.`)
  if (!(error instanceof WfProblem)) return undefined
  const code = codes[error.status] ?? (error.status === 503 ? exit_codes.unreachable : exit_codes.failed)
  return new Failure(code, problemText(error))
}
