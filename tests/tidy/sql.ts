import ts from "typescript"
import { type Fault, lineOf, nodesOf, type Source } from "./source.ts"

type Statement = { readonly path: string; readonly line: number; readonly text: string }

/** Strings and comments of SQL name nothing. */
const bare = (text: string): string => text.replace(/--[^\n]*|'(?:[^']|'')*'/g, " ")

const textOf = (template: ts.TemplateLiteral): string =>
  ts.isNoSubstitutionTemplateLiteral(template)
    ? template.text
    : [template.head, ...template.templateSpans.map(({ literal }) => literal)]
        .map(({ text }) => text)
        .join(" $ ")

const statementsOf = (source: Source): readonly Statement[] =>
  [...nodesOf(source.tree)]
    .filter(ts.isTaggedTemplateExpression)
    .filter(({ tag }) => ts.isIdentifier(tag) && tag.text === "sql")
    .map((node) => ({ path: source.path, line: lineOf(source, node), text: textOf(node.template) }))

/** Where SQL names a table, a type, a sequence or a function of a schema. */
const named =
  /\b(?:from|join|into|update|table|references|on|using|only|function|sequence|type)\s+([a-z_]+)\.[a-z_]+/gi

const serviceOf = (path: string): string | undefined => /^services\/([^/]+)\//.exec(path)?.[1]

const judge = ({ path, line, text }: Statement, schemas: ReadonlySet<string>): readonly Fault[] =>
  [...bare(text).matchAll(named)]
    .map(([, schema = ""]) => schema)
    .filter((schema) => schemas.has(schema) && schema !== serviceOf(path))
    .map((schema) => ({ path, line, message: `SQL names the schema of ${schema}: ask that service instead` }))

export type SqlFile = { readonly path: string; readonly text: string }

/** A service's tables are its own: statements in code and in migrations name no other schema. */
export const schemaFaults = (
  sources: readonly Source[],
  files: readonly SqlFile[],
  schemas: ReadonlySet<string>,
): readonly Fault[] =>
  [
    ...sources.filter(({ path }) => !path.startsWith("tests/")).flatMap(statementsOf),
    ...files.map(({ path, text }) => ({ path, line: 1, text })),
  ].flatMap((statement) => judge(statement, schemas))
