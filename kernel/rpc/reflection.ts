import { type DescExtension, type DescFile, type DescService, toBinary } from "@bufbuild/protobuf"
import { nestedTypes } from "@bufbuild/protobuf/reflect"
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt"
import { Code } from "@connectrpc/connect"
import { ServerReflection } from "#proto/generated/grpc/reflection/v1/reflection_pb.ts"
import { ServerReflection as OlderReflection } from "#proto/generated/grpc/reflection/v1alpha/reflection_pb.ts"
import type { Routes } from "./server.ts"

type Query =
  | {
      case: "fileByFilename" | "fileContainingSymbol" | "allExtensionNumbersOfType" | "listServices"
      value: string
    }
  | { case: "fileContainingExtension"; value: { containingType: string; extensionNumber: number } }
  | { case: undefined; value?: undefined }

export const reflectionServices: readonly DescService[] = [ServerReflection, OlderReflection]

/** Lets tools such as grpcurl learn what is offered here, in the current and the older form of the question. */
export const reflectionRoutes = (services: readonly DescService[]): Routes => {
  const answer = answers(services)
  return (router) => {
    router.service(ServerReflection, {
      async *serverReflectionInfo(requests) {
        for await (const request of requests)
          yield { ...said(request), messageResponse: answer(request.messageRequest) }
      },
    })
    router.service(OlderReflection, {
      async *serverReflectionInfo(requests) {
        for await (const request of requests)
          yield { ...said(request), messageResponse: answer(request.messageRequest) }
      },
    })
  }
}

const said = <Request extends { readonly host: string }>(request: Request) => ({
  validHost: request.host,
  originalRequest: request,
})

const answers = (services: readonly DescService[]) => {
  const files = filesOf(services)
  const all = [...files.values()]
  const symbols = new Map(all.flatMap((file) => namesIn(file).map((name) => [name, file] as const)))
  const extensions = all.flatMap((file) => [...nestedTypes(file)].filter((type) => type.kind === "extension"))
  const extending = (type: string) => extensions.filter(({ extendee }) => extendee.typeName === type)

  return (query: Query) => {
    switch (query.case) {
      case "listServices":
        return named(services)
      case "fileByFilename":
        return described(files.get(query.value), query.value)
      case "fileContainingSymbol":
        return described(symbols.get(query.value), query.value)
      case "fileContainingExtension": {
        const { containingType, extensionNumber } = query.value
        const found = extending(containingType).find(({ number }) => number === extensionNumber)
        return described(found?.file, `extension ${extensionNumber} of ${containingType}`)
      }
      case "allExtensionNumbersOfType":
        return symbols.has(query.value)
          ? numbered(query.value, extending(query.value))
          : refused(Code.NotFound, `There is no ${query.value}.`)
      default:
        return refused(Code.InvalidArgument, "The request asks for nothing.")
    }
  }
}

/** The files of these services and all that they import, by name. */
const filesOf = (services: readonly Pick<DescService, "file">[]): ReadonlyMap<string, DescFile> => {
  const found = new Map<string, DescFile>()
  const add = (file: DescFile): void => {
    if (found.has(file.proto.name)) return
    found.set(file.proto.name, file)
    for (const imported of file.dependencies) add(imported)
  }
  for (const { file } of services) add(file)
  return found
}

/** Full names of all that a file declares. A value of an enum is named beside it, not below it. */
const namesIn = (file: DescFile): readonly string[] =>
  [...nestedTypes(file)].flatMap((type) => {
    const below = (parts: readonly { readonly name: string }[]) =>
      parts.map(({ name }) => `${type.typeName}.${name}`)
    if (type.kind === "message") return [type.typeName, ...below(type.fields), ...below(type.oneofs)]
    if (type.kind === "service") return [type.typeName, ...below(type.methods)]
    if (type.kind === "extension") return [type.typeName]
    const beside = type.typeName.slice(0, -type.name.length)
    return [type.typeName, ...type.values.map(({ name }) => `${beside}${name}`)]
  })

const named = (services: readonly DescService[]) => {
  const service = services.map(({ typeName }) => ({ name: typeName })).sort(byName)
  return { case: "listServicesResponse" as const, value: { service } }
}

const byName = (one: { readonly name: string }, other: { readonly name: string }): number =>
  one.name.localeCompare(other.name)

/** The file that was asked for first, then what it imports, so that nobody has to ask again. */
const described = (file: DescFile | undefined, wanted: string) => {
  if (!file) return refused(Code.NotFound, `There is no ${wanted}.`)
  const files = [...filesOf([{ file }]).values()]
  const fileDescriptorProto = files.map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto))
  return { case: "fileDescriptorResponse" as const, value: { fileDescriptorProto } }
}

const numbered = (baseTypeName: string, extensions: readonly DescExtension[]) => ({
  case: "allExtensionNumbersResponse" as const,
  value: { baseTypeName, extensionNumber: extensions.map(({ number }) => number) },
})

const refused = (errorCode: Code, errorMessage: string) => ({
  case: "errorResponse" as const,
  value: { errorCode, errorMessage },
})
