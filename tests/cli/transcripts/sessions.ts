import type { Sitting } from "#tests/e2e/terminal.ts"

/** What somebody does once the command has begun: waits, looks, presses. */
type Step = { readonly shows: string | RegExp } | { readonly look: string } | { readonly press: string }

type Part = {
  /** `RUN` is the run that was begun last. */
  readonly command: string
  /** Why one would type that. */
  readonly says: string
  readonly steps?: readonly Step[]
}

export type Session = { readonly name: string; readonly title: string; readonly parts: readonly Part[] }

const ctrl_c = "\u0003"

/** The sessions that docs/transcripts/ shows. */
export const sessions: readonly Session[] = [
  {
    name: "run",
    title: "Running a workflow, and one that fails",
    parts: [
      {
        command: "wf run examples/hello.yml",
        says: "At a terminal a run is seen as it goes on. When it has ended its summary stays.",
        steps: [{ shows: /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] take_a_breath/ }, { look: "While it goes on:" }],
      },
      {
        command: "wf run examples/fails.yml",
        says: "What fails opens by itself. The exit code is the run's outcome: 1.",
        steps: [{ shows: /It is too far away/ }, { look: "While it goes on:" }],
      },
      { command: "wf runs show RUN", says: "Afterwards, task by task." },
      { command: "wf logs RUN --task flaky --attempt 2", says: "What one of its attempts printed." },
    ],
  },
  {
    name: "watch",
    title: "Deciding about what waits",
    parts: [
      {
        command: "wf run examples/approval.yml",
        says: "What waits for somebody is said in the last line, with the key that decides: `a` agrees.",
        steps: [
          { shows: "a approve" },
          { look: "It waits:" },
          { press: "?" },
          { shows: "read its log" },
          { look: "`?` lists the keys:" },
          { press: "\u001b" },
          { shows: "a approve" },
          { press: "a" },
        ],
      },
    ],
  },
  {
    name: "top",
    title: "Seeing all that goes on",
    parts: [
      {
        command: "wf top",
        says: "Runs, failures, queues, workers and dead letters, as they change. Ctrl-C leaves.",
        steps: [
          { shows: /5 Dead letters/ },
          { shows: "✗ fails" },
          { shows: "• " },
          { look: "All at once:" },
          { press: ctrl_c },
        ],
      },
      { command: "wf runs list", says: "The same as a list; in a pipe it is values between tabs." },
      { command: "wf queues list", says: "Queues, with what is in them." },
    ],
  },
  {
    name: "help",
    title: "Finding one's way",
    parts: [
      {
        command: "wf rnu examples/hello.yml",
        says: "A word that is mistyped is refused with what was probably meant.",
      },
      { command: "wf job ls", says: "That goes for nouns and verbs, too." },
      { command: "wf logs --help", says: "Each command shows first how it is used." },
      { command: "wf help exit-codes", says: "Pages to read; `wf help` lists them." },
      { command: "wf doctor", says: "What is wrong with a set-up, and what to do about it." },
    ],
  },
]

export type Look = { readonly says: string; readonly screen: readonly string[] }

/** Goes through the steps of a part at a terminal, and answers what was looked at. */
export const goThrough = async (at: Sitting, steps: readonly Step[]): Promise<readonly Look[]> => {
  const looks: Look[] = []
  for (const step of steps) {
    if ("shows" in step) await at.shows(step.shows)
    else if ("press" in step) at.press(step.press)
    else looks.push({ says: step.look, screen: at.screen() })
  }
  return looks
}
