import type { Transport } from "@connectrpc/connect"

/** A way to a service that is found at the first call: services are composed before all of them have started. */
export const lazyTransport = (find: () => Transport): Transport => {
  let found: Transport | undefined
  const transport = () => {
    found ??= find()
    return found
  }
  return {
    unary: (...call) => transport().unary(...call),
    stream: (...call) => transport().stream(...call),
  }
}
