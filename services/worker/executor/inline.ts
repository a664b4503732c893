import type { Kit } from "#kernel/service/kit.ts"
import type { InlineType } from "#language/slots.ts"
import type { Outbound } from "../outbound/call.ts"
import { compute } from "./compute.ts"
import type { Executor } from "./executor.ts"
import { flaky } from "./flaky.ts"
import { noop } from "./noop.ts"
import { notify } from "./notify.ts"
import { request } from "./request.ts"
import { sleep } from "./sleep.ts"
import { transform } from "./transform.ts"

export type InlineOptions = Pick<Kit, "random" | "now"> & { readonly outbound: Outbound }

const usual: Executor = () => Promise.resolve({ ok: true, outputs: { ok: true } })

/** The worker's own functions, by type: they take no process and share its event loop. */
export const inlineExecutors = ({
  random,
  now,
  outbound,
}: InlineOptions): Readonly<Record<InlineType, Executor>> => ({
  ...{ noop, compute, transform, notify, sleep },
  default: usual,
  flaky: flaky(random),
  http: request({ outbound, now }),
})
