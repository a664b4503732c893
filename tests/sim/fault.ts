/** What the checks found: a promise that was broken. */
export class Fault extends Error {}

export const demand = (holds: boolean, what: () => string): void => {
  if (!holds) throw new Fault(what())
}
