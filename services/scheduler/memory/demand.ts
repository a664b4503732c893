/** A promise was broken: what was decided doesn't fit what is there. */
export class Fault extends Error {}

export const demand = (holds: boolean, what: () => string): void => {
  if (!holds) throw new Fault(what())
}
