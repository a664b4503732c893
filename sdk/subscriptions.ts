import { allOf, pageCall } from "./pages.ts"
import type {
  ChangeSubscription,
  ChooseDeliveries,
  CreateSubscription,
  Delivery,
  DeliveryDetail,
  Page,
  PageOptions,
  Subscription,
  SubscriptionCreated,
} from "./shapes.ts"
import type { Transport } from "./transport.ts"

export const subscriptionsOf = (transport: Transport) => {
  const root = "/api/v1/subscriptions"
  const path = (id: string) => `${root}/${encodeURIComponent(id)}`
  const list = (options: PageOptions = {}) => transport.json<Page<Subscription>>(pageCall(root, options))
  const turn = (way: "pause" | "resume") => (id: string) =>
    transport.json<Subscription>({ method: "POST", path: `${path(id)}/${way}` })
  return {
    list,
    all: (options: PageOptions = {}) => allOf(list, options),
    get: (id: string) => transport.json<Subscription>({ path: path(id) }),
    create: (subscription: CreateSubscription) =>
      transport.json<SubscriptionCreated>({ method: "POST", path: root, json: subscription }),
    change: (id: string, settings: ChangeSubscription) =>
      transport.json<Subscription>({ method: "PATCH", path: path(id), json: settings }),
    delete: (id: string) => transport.json<undefined>({ method: "DELETE", path: path(id) }),
    /** What happens meanwhile is told nobody. */
    pause: turn("pause"),
    resume: turn("resume"),
    /** Sends something that says it is a test. */
    test: (id: string) => transport.json<Delivery>({ method: "POST", path: `${path(id)}/test` }),
    /** Another secret for a webhook; for a day the old one signs, too. */
    rotateSecret: (id: string) =>
      transport.json<SubscriptionCreated>({ method: "POST", path: `${path(id)}/rotate-secret` }),
  }
}

export type ListDeliveries = PageOptions & {
  readonly subscription_id?: string
  readonly status?: string
  readonly run_id?: string
}

export const deliveriesOf = (transport: Transport) => {
  const root = "/api/v1/deliveries"
  const path = (id: string) => `${root}/${encodeURIComponent(id)}`
  const list = (options: ListDeliveries = {}) => transport.json<Page<Delivery>>(pageCall(root, options))
  return {
    list,
    all: (options: ListDeliveries = {}) => allOf(list, options),
    /** With what was sent each time, and what was answered. */
    get: (id: string) => transport.json<DeliveryDetail>({ path: path(id) }),
    redeliver: (id: string) => transport.json<Delivery>({ method: "POST", path: `${path(id)}/redeliver` }),
    /** Some of those that fit; ask again while there are more. */
    redeliverMany: (chosen: ChooseDeliveries) =>
      transport.json<{ readonly redelivered: number; readonly more: boolean }>({
        method: "POST",
        path: `${root}/redeliver`,
        json: chosen,
      }),
  }
}
