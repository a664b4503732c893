/** Why a call can't be made, or its answer not be taken. */
export class CallError extends Error {
  readonly code: string
  readonly non_retryable: boolean

  constructor(code: string, message: string, non_retryable = false) {
    super(message)
    this.name = "CallError"
    this.code = code
    this.non_retryable = non_retryable
  }
}

/** As it may be logged: what follows the path, and a password before the host, may be secret. */
export const shownUrl = ({ protocol, host, pathname }: URL): string => `${protocol}//${host}${pathname}`
