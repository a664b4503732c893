import type { Environment } from "#kernel/config/config.ts"

/** The terminal, or the pipe, as commands see it. */
export type Io = {
  /** Data, and nothing else. */
  out(line: string): void
  /** Progress, hints and errors. */
  note(line: string): void
  /** What goes on, for a person who waits: each in the place of the one before, and none once something else is said. */
  status(text: string): void
  /** Bytes as they are. */
  write(bytes: Uint8Array): Promise<void>
  readonly out_is_tty: boolean
  readonly note_is_tty: boolean
  /** Somebody sits at a terminal that a screen can be drawn on. */
  readonly takes_keys: boolean
  readonly columns: number
  readonly rows: number
  readonly color: boolean
  /** The same for what is noted. */
  readonly note_color: boolean
  readonly environment: Environment
  readonly now: () => Date
  /** Aborts at the first Ctrl-C. */
  readonly signal: AbortSignal
  readStdin(): Promise<string>
  /** What is typed from now on waits to be read as keys, and isn't shown. */
  hush(): void
  /** Asks a server. */
  fetch(request: Request): Promise<Response>
  /** The answer to a question; undefined where nobody can be asked. */
  ask(question: string): Promise<string | undefined>
  /** The same, and what is typed isn't shown. */
  askHidden(question: string): Promise<string | undefined>
}

const styles = {
  ...({ bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 } as const),
  ...({ bright_green: 92, bright_yellow: 93, bright_blue: 94, bright_magenta: 95, bright_cyan: 96 } as const),
} as const

export type Style = keyof typeof styles

export const styled = (io: Pick<Io, "color">, style: Style, text: string): string =>
  io.color ? `\u001b[${styles[style]}m${text}\u001b[0m` : text
