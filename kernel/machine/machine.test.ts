import { describe, expect, test } from "bun:test"
import { documentMachine } from "./document.ts"
import { machine } from "./machine.ts"

const door = machine({
  open: { close: "closed" },
  closed: { open: "open", lock: "locked", break: "gone" },
  locked: { unlock: "closed", break: "gone" },
  gone: {},
})

/** Every state with every move, allowed or not. */
const cells = door.states.flatMap((state) => door.moves.map((move) => [state, move] as const))

describe("a machine", () => {
  test("knows its states and moves, each once and in the order of the table", () => {
    expect(door.states).toEqual(["open", "closed", "locked", "gone"])
    expect(door.moves).toEqual(["close", "open", "lock", "break", "unlock"])
    expect(cells).toHaveLength(20)
  })

  test.each(cells)("in state %s, move %s leads where the table says, or nowhere", (state, move) => {
    const row: Readonly<Record<string, string>> = door.table[state]
    expect<string | undefined>(door.after(state, move)).toBe(row[move])
  })

  test.each(cells)("in state %s, move %s is guarded just as it is allowed", (state, move) => {
    expect(door.from(move).includes(state)).toBe(door.after(state, move) !== undefined)
  })

  test("tells open states from those that nothing leaves", () => {
    expect(door.terminal).toEqual(["gone"])
    expect(door.open).toEqual(["open", "closed", "locked"])
  })

  test("knows a state's name, and that of nothing else", () => {
    for (const state of door.states) expect(door.is(state)).toBe(true)
    for (const other of ["", "Open", "toString", "constructor", "close"]) expect(door.is(other)).toBe(false)
  })

  test("is documented by its table: every step once, and its ends", () => {
    const text = documentMachine("Door", door)
    const rows = cells.flatMap(([state, move]) => {
      const to = door.after(state, move)
      return to === undefined ? [] : [`| \`${state}\` | ${move} | \`${to}\` |`]
    })
    expect(text.split("\n").filter((line) => line.startsWith("| `"))).toEqual(rows)
    expect(text).toContain("Nothing leaves `gone`.")
  })
})
