/** What the process answers to its caller; scripts rely on these. */
export const exit_codes = {
  done: 0,
  failed: 1,
  usage: 2,
  cancelled: 3,
  denied: 4,
  not_found: 5,
  conflict: 6,
  unreachable: 7,
  timed_out: 124,
  interrupted: 130,
} as const

export type ExitCode = (typeof exit_codes)[keyof typeof exit_codes]
