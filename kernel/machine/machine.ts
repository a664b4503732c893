type Table = Readonly<Record<string, Readonly<Record<string, string>>>>

type StateOf<T extends Table> = keyof T & string

type MoveOf<T extends Table> = { [S in keyof T]: keyof T[S] & string }[keyof T]

export type Machine<State extends string, Move extends string> = {
  readonly table: Readonly<Record<State, Readonly<Partial<Record<Move, State>>>>>
  readonly states: readonly State[]
  readonly moves: readonly Move[]
  /** States that nothing leaves. */
  readonly terminal: readonly State[]
  readonly open: readonly State[]
  /** Where a move leads from a state; undefined when it is not allowed there. */
  after(state: State, move: Move): State | undefined
  /** The states a move may start from: the guard of its UPDATE. */
  from(move: Move): readonly State[]
  is(text: string): text is State
}

/** A state machine is this one table: types, SQL guards, documentation and tests derive from it. */
export const machine = <const T extends Table>(
  table: T & { [S in keyof T]: { [M in keyof T[S]]: StateOf<T> } },
): Machine<StateOf<T>, MoveOf<T>> => {
  type State = StateOf<T>
  type Move = MoveOf<T>
  const rows = table as unknown as Readonly<Record<State, Readonly<Partial<Record<Move, State>>>>>
  const states = Object.keys(rows) as State[]
  const moves = [...new Set(states.flatMap((state) => Object.keys(rows[state])))] as Move[]
  const isTerminal = (state: State) => Object.keys(rows[state]).length === 0
  return {
    table: rows,
    states,
    moves,
    terminal: states.filter(isTerminal),
    open: states.filter((state) => !isTerminal(state)),
    after: (state, move) => rows[state][move],
    from: (move) => states.filter((state) => rows[state][move] !== undefined),
    is: (text): text is State => Object.hasOwn(rows, text),
  }
}
