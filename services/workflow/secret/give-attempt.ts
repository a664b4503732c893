import { type Actor, allow } from "#kernel/auth/actor.ts"
import { type Asking, type Given, type Giving, giveSecrets } from "./give.ts"

/** For a workspace's own worker: as `giveSecrets`, and only of what runs in the caller's workspace, and in queues that their token is for. */
export const giveAttemptSecrets = (giving: Giving) => {
  const give = giveSecrets(giving)
  return async (actor: Actor, asking: Asking): Promise<Given> => {
    allow(actor, "secret.give")
    return give(asking, actor)
  }
}
