import type { Machine } from "./machine.ts"

/** The table as a Markdown section of docs/states.md. */
export const documentMachine = <State extends string, Move extends string>(
  title: string,
  machine: Machine<State, Move>,
): string => {
  const rows = machine.states.flatMap((state) =>
    machine.moves.flatMap((move) => {
      const next = machine.after(state, move)
      return next === undefined ? [] : [`| \`${state}\` | ${move} | \`${next}\` |`]
    }),
  )
  const ends = machine.terminal.map((state) => `\`${state}\``).join(", ")
  return [
    `## ${title}`,
    "",
    "| from | move | to |",
    "| --- | --- | --- |",
    ...rows,
    "",
    `Nothing leaves ${ends}.`,
    "",
  ].join("\n")
}
