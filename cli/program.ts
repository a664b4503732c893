import { CommanderError, Command as Parser } from "commander"
import { clean } from "./clean.ts"
import type { Command, Options } from "./command.ts"
import { commands } from "./commands.ts"
import { exit_codes } from "./exit.ts"
import { Failure, failureOf } from "./failure.ts"
import { type Io, styled } from "./io.ts"

const version = "0.1.0"

const groups: Readonly<Record<string, string>> = {
  runs: "list and show them",
  workflows: "list, show, compare, archive and restore them",
  secrets: "list, set and delete what tasks are given and nobody is shown",
  schedules: "list, make, pause and fill in what starts runs by itself",
  executions: "find attempts of tasks, and count them",
  retention: "see and set how long logs and attempts are kept",
  hooks: "list what begins runs from outside, and change the addresses of webhooks",
  approvals: "list what waits for you",
  artifacts: "list, download and upload the files of runs",
  jobs: "list, show, create and cancel single pieces of work",
  "dead-letters": "list, replay and drop jobs that failed for good",
  queues: "list, limit, pause and resume them",
  workers: "list them",
  subscriptions: "list, make, change, pause and try what you are told of, and where",
  deliveries: "list and show what was sent, and send it once more",
  bench: "load a platform, and print rates and percentiles",
  account: "register, confirm your address, and get a new password",
  workspaces: "list, make, choose, rename, archive and join them",
  sessions: "list and end where you are signed in",
  members: "list, invite and remove them, and change what they may do",
  tokens: "list, create and delete API tokens",
  "service-accounts": "list, make and delete members that are programs, and their tokens",
  admin: "what is done for the whole platform",
  audit: "list and export who changed what, and from where",
}

const examplesText = (examples: readonly string[]): string =>
  `Examples:\n${examples.map((example) => `  ${example}`).join("\n")}\n`

const first_steps = [
  "wf up                          # start the platform on this machine",
  "wf run examples/hello.yml      # in another terminal: run a workflow",
  "wf logs RUN -f                 # what its tasks print, as it comes",
]

/** What was asked, whom a command speaks to, and what it answers. */
type Session = { readonly words: readonly string[]; readonly io: Io; code: number }

/** Every command has options; saying so in each line only pushes the words aside. */
const termOf = (command: Parser): string => {
  const words = command.registeredArguments.map((one) => {
    const name = `${one.name()}${one.variadic ? "..." : ""}`
    return one.required ? `<${name}>` : `[${name}]`
  })
  return [command.name(), ...(command.commands.length > 0 ? ["…"] : words)].join(" ")
}

const configure = (parser: Parser, io: Io): Parser =>
  parser
    .exitOverride()
    .showSuggestionAfterError(true)
    .configureOutput({
      writeOut: (text) => io.out(text.replace(/\n$/, "")),
      writeErr: (text) => io.note(text.replace(/^error: /, "wf: ").trimEnd()),
      outputError: (text, write) => write(text),
    })
    .showHelpAfterError("Run the command with --help to see how it is used.")
    .configureHelp({ subcommandTerm: termOf, visibleCommands: ({ commands: listed }) => [...listed] })

const headings: Readonly<Record<string, readonly string[]>> = {
  "Run workflows:": [
    ...[
      "run",
      "watch",
      "logs",
      "search",
      "top",
      "runs",
      "executions",
      "artifacts",
      "cancel",
      "pause",
      "resume",
      "rerun",
    ],
    ...["approvals", "approve", "reject", "signal"],
  ],
  "Run jobs:": ["jobs", "dead-letters", "queues", "workers"],
  "Write workflows:": [
    ...["init", "validate", "plan", "schema", "push", "import", "workflows", "schedules", "hooks", "secrets"],
  ],
  "The platform on this machine:": ["up", "down", "demo"],
  "Be told of what happens:": ["inbox", "subscriptions", "deliveries"],
  "Measure a platform:": ["bench"],
}

const headingOf = (noun: string): string =>
  Object.entries(headings).find(([, nouns]) => nouns.includes(noun))?.[0] ??
  "You, your tokens and your workspaces:"

const addCommon = (parser: Parser): Parser =>
  parser
    .option("--url <url>", "the platform to talk to")
    .option("--profile <name>", "the profile to use")
    .option("--workspace <slug>", "one of your other workspaces")

/** `<value...>` means that the option may be repeated, not that it swallows the words after it. */
const addOption = (parser: Parser, flags: string, description: string): void => {
  if (!flags.endsWith("...>")) {
    parser.option(flags, description)
    return
  }
  const gather = (value: string, before: readonly string[] = []) => [...before, value]
  parser.option(flags.replace("...>", ">"), description, gather)
}

const id = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** So that nobody has to be told in the API's words that something else was meant. */
const checkRun = (command: Command, words: readonly string[]): void => {
  const given = words[command.arguments?.findIndex((name) => name === "<run>" || name === "[run]") ?? -1]
  if (given === undefined || id.test(given)) return
  throw new Failure(exit_codes.usage, `\`${given}\` is not a run's id. \`wf runs list\` shows them.`)
}

/** What other programs call it. */
const other_words: Readonly<Record<string, string>> = {
  ...{ start: "run", trigger: "run", exec: "run", list: "runs list", ls: "runs list", ps: "runs list" },
  ...{ status: "runs list", follow: "watch", stop: "down", serve: "up", server: "up", check: "validate" },
  ...{ lint: "validate", apply: "push", deploy: "push" },
}

const checkWord = (word: string): void => {
  if (!Object.hasOwn(other_words, word)) return
  throw new Failure(
    exit_codes.usage,
    `unknown command '${word}'\n(Did you mean \`wf ${other_words[word]}\`?)`,
  )
}

const addCommand = (parent: Parser, command: Command, session: Session): Parser => {
  const { words, io } = session
  const [noun = "", verb] = command.name.split(" ")
  const parser = configure(parent.command(verb ?? noun), io)
    .summary(command.summary)
    .description(command.summary)
  for (const argument of command.arguments ?? []) parser.argument(argument)
  // Those of a command that nobody names are shown nowhere: making them all takes longer than the rest of `wf --help`.
  if (!words.includes(noun)) return parser
  for (const [flags, description] of command.options ?? []) addOption(parser, flags, description)
  addCommon(parser).addHelpText("before", examplesText(command.examples))
  parser.action(async () => {
    checkRun(command, parser.args)
    const { run } = await command.load()
    session.code = await run({ arguments: parser.args, options: parser.opts<Options>() }, io)
  })
  return parser
}

const buildParser = (session: Session): Parser => {
  const { io } = session
  const root = configure(new Parser("wf"), io)
    .description("Workflows of machine tasks and human work, on one durable engine.")
    // So that `wf run NAME --version 2` means the run's, not ours.
    .enablePositionalOptions()
    .version(version, "-V, --version", "print the version")
    .addHelpText("before", examplesText(first_steps))
    .addHelpText("after", "\nEach has more to say: `wf run --help`, `wf runs list --help`.")
  const parents = new Map<string, Parser>()
  for (const command of commands) {
    const [noun = "", verb] = command.name.split(" ")
    if (verb === undefined) {
      parents.set(noun, addCommand(root, command, session).helpGroup(headingOf(noun)))
      continue
    }
    const parent = parents.get(noun) ?? configure(root.command(noun), io).description(groups[noun] ?? noun)
    parents.set(noun, parent.helpGroup(headingOf(noun)))
    addCommand(parent, command, session)
  }
  return root
}

/** Reads the command line, runs the command, and answers the exit code; nothing is thrown to a user. */
export const program = async (words: readonly string[], io: Io): Promise<number> => {
  const session: Session = { words, io, code: exit_codes.done }
  try {
    checkWord(words[0] ?? "")
    await buildParser(session).parseAsync(words, { from: "user" })
    return session.code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exit_codes.done : exit_codes.usage
    // What broke off because of a Ctrl-C needs no words, unless there are some about just that.
    if (io.signal.aborted && !(error instanceof Failure)) return exit_codes.interrupted
    const failure = failureOf(error)
    if (!failure) {
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
      io.note(`${styled(io, "red", "wf: this is a bug")}: ${clean(what)}`)
      return exit_codes.failed
    }
    io.note(`wf: ${clean(failure.message)}`)
    return failure.exit_code
  }
}
