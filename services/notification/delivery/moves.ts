import { machine } from "#kernel/machine/machine.ts"

/** `held`: for a digest, the end of quiet hours or of a storm, where others of its kind may be bundled with it. */
export const deliveryMoves = machine({
  held: { release: "queued", arrive: "delivered", bundle: "bundled", bury: "dead" },
  queued: { arrive: "delivered", bury: "dead" },
  delivered: { redeliver: "queued" },
  dead: { redeliver: "queued" },
  bundled: {},
})

export type DeliveryStatus = (typeof deliveryMoves.states)[number]
