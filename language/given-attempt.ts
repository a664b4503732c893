import type { ExpressionContext } from "./expressions.ts"
import type { PlanTask } from "./plan.ts"

/** What a worker is to run, and what its expressions may see. */
export type GivenAttempt = { readonly task: PlanTask; readonly context: ExpressionContext }

const given: unique symbol = Symbol("given")

/** An attempt as a message has it. */
type Message = { readonly taskJson: string; readonly contextJson: string; [given]?: GivenAttempt }

/** To a worker in the same process an attempt goes as it is: its JSON is neither written nor read. Nobody may change it. */
export const giveAtHand = <Attempt extends Message>(message: Attempt, attempt: GivenAttempt): Attempt => {
  message[given] = attempt
  return message
}

export const givenAttempt = (message: Message): GivenAttempt =>
  message[given] ?? {
    task: JSON.parse(message.taskJson) as PlanTask,
    context: JSON.parse(message.contextJson) as ExpressionContext,
  }
