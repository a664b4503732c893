/** `wf up` can't go on; the message says why and what to do. */
export class UpRefusal extends Error {
  readonly exit_code: number

  constructor(exit_code: number, message: string) {
    super(message)
    this.name = "UpRefusal"
    this.exit_code = exit_code
  }
}

export const up_codes = { failed: 1, usage: 2, conflict: 6, interrupted: 130 } as const
