/** The clock and chance of a program that has no kit of the platform's. */
export const kit = {
  now: (): Date => new Date(),
  random: (): number => Math.random(),
}
