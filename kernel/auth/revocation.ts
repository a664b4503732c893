const check_ms = 250

export type Revocation = { readonly revoked: Promise<never>; readonly stop: () => void }

/** Fires when the check throws; asked over and over until it is stopped. Nobody waits for a check that hangs longer than the last one. */
export const revocation = (check: () => Promise<unknown>): Revocation => {
  let timer: ReturnType<typeof setTimeout> | undefined
  let stopped = false
  const revoked = new Promise<never>((_, reject) => {
    const ask = () =>
      check().then(
        () => {
          if (!stopped) timer = setTimeout(ask, check_ms)
        },
        (error: unknown) => reject(error),
      )
    timer = setTimeout(ask, check_ms)
  })
  revoked.catch(() => undefined)
  const stop = () => {
    stopped = true
    clearTimeout(timer)
  }
  return { revoked, stop }
}
