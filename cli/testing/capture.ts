import type { Io } from "../io.ts"

export type Captured = Io & { readonly printed: string[]; readonly noted: string[] }

/** A terminal, or a pipe unless told otherwise, that keeps what it is told. */
export const capture = (more: Partial<Io> = {}): Captured => {
  const printed: string[] = []
  const noted: string[] = []
  return {
    ...{
      printed,
      noted,
      out_is_tty: false,
      note_is_tty: false,
      takes_keys: false,
      columns: 80,
      rows: 24,
      color: false,
      note_color: false,
    },
    environment: {},
    out: (line) => void printed.push(line),
    note: (line) => void noted.push(line),
    status: () => undefined,
    write: async (bytes) => void printed.push(new TextDecoder().decode(bytes)),
    now: () => new Date("2026-03-01T12:00:00.000Z"),
    signal: new AbortController().signal,
    fetch: (request) => fetch(request),
    readStdin: async () => "",
    hush: () => undefined,
    ask: async () => undefined,
    askHidden: async () => undefined,
    ...more,
  }
}
