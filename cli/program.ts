import { CommanderError, Option, Command as Parser } from "commander"
import { version } from "#kernel/config/version.ts"
import { clean } from "./clean.ts"
import type { Command, Options } from "./command.ts"
import { commands } from "./commands.ts"
import { exit_codes } from "./exit.ts"
import { Failure, failureOf } from "./failure.ts"
import { groupOf, nouns, placeOf } from "./help/groups.ts"
import { longForms, meantWords } from "./help/meant.ts"
import { type Io, styled } from "./io.ts"
import { common_options } from "./options-of-all.ts"

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

/** As wide as lines can still be read at. */
const max_width = 100

const configure = (parser: Parser, io: Io): Parser =>
  parser
    .exitOverride()
    .showSuggestionAfterError(true)
    .helpCommand(false)
    .configureOutput({
      writeOut: (text) => io.out(text.replace(/\n$/, "")),
      writeErr: (text) => io.note(text.replace(/^error: /, "wf: ").replace(/\n$/, "")),
      outputError: (text, write) => write(text),
      getOutHelpWidth: () => (io.out_is_tty ? Math.min(io.columns, max_width) : 80),
      getErrHelpWidth: () => 80,
    })
    .showHelpAfterError("Run the command with --help to see how it is used.")
    .configureHelp({ subcommandTerm: termOf, visibleCommands: ({ commands: listed }) => [...listed] })

const addCommon = (parser: Parser): Parser => {
  const heading = "Options of every command:"
  for (const [flags, description] of common_options)
    parser.addOption(new Option(flags, description).helpGroup(heading))
  return parser.addHelpOption(new Option("-h, --help", "show this").helpGroup(heading))
}

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

const isSet = (value: string | undefined): boolean => value !== undefined && !/^(|0|false)$/.test(value)

/** With `--debug` the exchange is shown; nothing is drawn over it. */
const observed = async (options: Options, io: Io): Promise<Io> => {
  if (options.debug !== true && !isSet(io.environment.WF_DEBUG)) return io
  const { tracing } = await import("./exchange/trace.ts")
  return { ...io, takes_keys: false, fetch: tracing(io) }
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
    const options = parser.opts<Options>()
    session.code = await run({ arguments: parser.args, options }, await observed(options, io))
  })
  return parser
}

/** A noun, with an example of each of its verbs. */
const addNoun = (root: Parser, noun: string, session: Session): Parser => {
  const description = nouns[noun] ?? noun
  const parser = configure(root.command(noun), session.io).description(description).usage("<command>")
  if (session.words[0] !== noun) return parser
  const below = commands.filter(({ name }) => name.startsWith(`${noun} `))
  const examples = below.flatMap((one) => one.examples.slice(0, 1))
  const also = longForms(noun).join(", ")
  if (also !== "") parser.addHelpText("after", `\nSee also: wf ${also}.`)
  return parser.addHelpText("before", examplesText(examples))
}

const buildParser = (session: Session): Parser => {
  const { io } = session
  const root = configure(new Parser("wf"), io)
    .description("Workflows of machine tasks and human work, on one durable engine.")
    .usage("<command>")
    // So that `wf run NAME --version 2` means the run's, not ours.
    .enablePositionalOptions()
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "show this")
    .addHelpText("before", examplesText(first_steps))
    .addHelpText("after", "\nMore: `wf run --help`, `wf runs --help`; `wf help` lists pages to read.")
  const parents = new Map<string, Parser>()
  for (const command of commands.toSorted((one, other) => placeOf(one.name) - placeOf(other.name))) {
    const [noun = "", verb] = command.name.split(" ")
    const heading = groupOf(noun) ?? ""
    if (verb === undefined) {
      parents.set(noun, addCommand(root, command, session).helpGroup(heading))
      continue
    }
    const parent = parents.get(noun) ?? addNoun(root, noun, session)
    parents.set(noun, parent.helpGroup(heading))
    addCommand(parent, command, session)
  }
  return root
}

/** `wf help runs list` is `wf runs list --help`; of anything else there is a page, or none. */
const asked = (words: readonly string[]): readonly string[] => {
  const [first, ...rest] = words
  const is_command = commands.some(({ name }) => name === rest[0] || name.startsWith(`${rest[0]} `))
  return first === "help" && is_command ? [...meantWords(rest, commands), "--help"] : words
}

/** Reads the command line, runs the command, and answers the exit code; nothing is thrown to a user. */
export const program = async (words: readonly string[], io: Io): Promise<number> => {
  try {
    if (words[0] === "__complete") {
      const { answerCompletion } = await import("./completion/answer.ts")
      return await answerCompletion(words.slice(1), commands, io)
    }
    const session: Session = { words: meantWords(asked(words), commands), io, code: exit_codes.done }
    await buildParser(session).parseAsync(session.words, { from: "user" })
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
