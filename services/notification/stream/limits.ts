export const limits = { per_user: 20, in_all: 20_000, alive_s: 20, forget_s: 60 } as const
