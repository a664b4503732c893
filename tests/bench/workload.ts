import type { Api } from "./api.ts"
import type { Found } from "./measurement.ts"
import type { Target } from "./platform.ts"

export type Bench = { readonly target: Target; readonly api: Api; readonly seconds: number }

export type Workload = {
  readonly name: string
  readonly about: string
  /** What has to be reached, and what would be better still. */
  readonly must: string
  readonly reach: string
  /** Takes minutes, so it is run only when it is named or all are asked for. */
  readonly long?: true
  readonly run: (bench: Bench) => Promise<Found>
}
