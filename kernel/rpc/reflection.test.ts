import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { create, createFileRegistry, fromBinary } from "@bufbuild/protobuf"
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt"
import { Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect"
import { platformKey } from "#kernel/auth/platform-key.ts"
import { serviceTokens } from "#kernel/auth/service-token.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import {
  Health,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "#proto/generated/grpc/health/v1/health_pb.ts"
import { ServerReflection } from "#proto/generated/grpc/reflection/v1/reflection_pb.ts"
import { ServerReflection as OlderReflection } from "#proto/generated/grpc/reflection/v1alpha/reflection_pb.ts"
import { IamService } from "#proto/generated/wf/iam/v1/iam_pb.ts"
import { SchedulerService } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import { networkTransport } from "./network.ts"
import { type RpcServer, serveRpc } from "./server.ts"

const key = platformKey(randomBytes(32).toString("base64"))
let server: RpcServer
let well = true

const part = (service: string) => ({ service, tokens: serviceTokens(service, key), log: silentLog })

beforeAll(async () => {
  server = await serveRpc(
    [
      {
        routes: (router) =>
          void router.service(SchedulerService, { getRun: ({ runId }) => ({ runJson: runId }) }),
        doors: part("scheduler"),
        ready: () => Promise.resolve(well),
      },
      { routes: (router) => void router.service(IamService, {}), doors: part("iam") },
    ],
    { host: "127.0.0.1", port: 0, log: silentLog },
  )
})
afterAll(() => server.stop())

const transport = (...interceptors: Interceptor[]) =>
  networkTransport(`http://127.0.0.1:${server.port}`, interceptors)

type Query =
  NonNullable<Parameters<ReturnType<typeof v1>["serverReflectionInfo"]>[0]> extends AsyncIterable<infer One>
    ? One
    : never
type Question = Query["messageRequest"]

const v1 = () => createClient(ServerReflection, transport())

async function* asked(questions: readonly Question[]) {
  for (const messageRequest of questions) if (messageRequest) yield { host: "here", messageRequest }
}

const ask = async (...questions: readonly Question[]) => {
  const answers = []
  for await (const answer of v1().serverReflectionInfo(asked(questions))) answers.push(answer)
  return answers
}

const symbol = (value: string): Question => ({ case: "fileContainingSymbol", value })

const filesOf = async (question: Question): Promise<readonly FileDescriptorProto[]> => {
  const [answer] = await ask(question)
  if (answer?.messageResponse.case !== "fileDescriptorResponse") throw new Error("no file was answered")
  return answer.messageResponse.value.fileDescriptorProto.map((bytes) =>
    fromBinary(FileDescriptorProtoSchema, bytes),
  )
}

test("every service of the port is listed, without a credential", async () => {
  const [answer] = await ask({ case: "listServices", value: "" })
  expect(answer?.validHost).toBe("here")
  expect(answer?.messageResponse).toMatchObject({
    case: "listServicesResponse",
    value: {
      service: [
        { name: "grpc.health.v1.Health" },
        { name: "grpc.reflection.v1.ServerReflection" },
        { name: "grpc.reflection.v1alpha.ServerReflection" },
        { name: "wf.iam.v1.IamService" },
        { name: "wf.scheduler.v1.SchedulerService" },
      ],
    },
  })
})

test("older tools are answered in the form that they ask in", async () => {
  const older = createClient(OlderReflection, transport())
  const question = (async function* () {
    yield { messageRequest: { case: "listServices" as const, value: "" } }
  })()
  for await (const { messageResponse } of older.serverReflectionInfo(question)) {
    if (messageResponse.case !== "listServicesResponse") throw new Error("no list was answered")
    expect(messageResponse.value.service.map(({ name }) => name)).toContain(
      "wf.scheduler.v1.SchedulerService",
    )
  }
})

describe("a symbol", () => {
  test.each([
    "wf.scheduler.v1.SchedulerService",
    "wf.scheduler.v1.SchedulerService.GetRun",
    "wf.scheduler.v1.GetRunRequest",
    "wf.scheduler.v1.GetRunRequest.run_id",
  ])("%s leads to its file, and that to all that it imports", async (name) => {
    const files = await filesOf(symbol(name))
    expect(files.map((file) => file.name)).toEqual([
      "wf/scheduler/v1/scheduler.proto",
      "google/protobuf/timestamp.proto",
      "wf/access/v1/access.proto",
      "google/protobuf/descriptor.proto",
    ])
  })

  test.each([
    ["grpc.health.v1.HealthCheckResponse.ServingStatus", "grpc/health/v1/health.proto"],
    ["grpc.health.v1.HealthCheckResponse.SERVING", "grpc/health/v1/health.proto"],
    ["wf.access.v1.callers", "wf/access/v1/access.proto"],
    ["wf.access.v1.CALLERS_USERS", "wf/access/v1/access.proto"],
  ])("%s is in %s", async (name, file) => {
    expect((await filesOf(symbol(name)))[0]?.name).toBe(file)
  })

  test("that is unknown is not found, and the next question is answered", async () => {
    const [none, list] = await ask(symbol("wf.Nothing"), { case: "listServices", value: "" })
    expect(none?.messageResponse).toMatchObject({
      case: "errorResponse",
      value: { errorCode: Code.NotFound },
    })
    expect(list?.messageResponse.case).toBe("listServicesResponse")
  })
})

test("an extension is found by the type that it extends", async () => {
  const containingType = "google.protobuf.MethodOptions"
  const [numbers] = await ask({ case: "allExtensionNumbersOfType", value: containingType })
  expect(numbers?.messageResponse).toMatchObject({ value: { extensionNumber: [50_101] } })
  const value = { containingType, extensionNumber: 50_101 }
  const [file] = await filesOf({ case: "fileContainingExtension", value } as Question)
  expect(file?.name).toBe("wf/access/v1/access.proto")
})

test("a file is found by its name", async () => {
  const [file] = await filesOf({ case: "fileByFilename", value: "google/protobuf/timestamp.proto" })
  expect(file?.package).toBe("google.protobuf")
})

test("a client that knows nothing but the answers calls a method with them", async () => {
  // What is imported has to come first.
  const file = [...(await filesOf(symbol("wf.scheduler.v1.SchedulerService")))].reverse()
  const service = createFileRegistry(create(FileDescriptorSetSchema, { file })).getService(
    "wf.scheduler.v1.SchedulerService",
  )
  if (!service) throw new Error("the service was not described")
  const token = await serviceTokens("worker", key).issue("scheduler")
  const showing: Interceptor = (next) => (request) => {
    request.header.set("authorization", `Bearer ${token}`)
    return next(request)
  }
  const client = createClient(service, transport(showing)) as unknown as Record<
    string,
    (request: object) => Promise<unknown>
  >
  expect(await client.getRun?.({ runId: "one" })).toMatchObject({ runJson: "one" })
})

describe("health", () => {
  const health = () => createClient(Health, transport())

  test("of a service is what it says of itself; without a name, of all", async () => {
    const states = async () => {
      const names = ["", "wf.scheduler.v1.SchedulerService", "wf.iam.v1.IamService"]
      const answers = await Promise.all(names.map((service) => health().check({ service })))
      return answers.map(({ status }) => status)
    }
    expect(await states()).toEqual([ServingStatus.SERVING, ServingStatus.SERVING, ServingStatus.SERVING])
    well = false
    expect(await states()).toEqual([
      ServingStatus.NOT_SERVING,
      ServingStatus.NOT_SERVING,
      ServingStatus.SERVING,
    ])
    well = true
  })

  test("of a service that isn't here is not found", async () => {
    const failure = await health()
      .check({ service: "wf.Nothing" })
      .catch((error: unknown) => ConnectError.from(error))
    expect(failure).toMatchObject({ code: Code.NotFound })
  })

  test("is told again when it changes, to who watches it", async () => {
    const told: number[] = []
    for await (const { status } of health().watch({ service: "" })) {
      told.push(status)
      well = !well
      if (told.length === 3) break
    }
    well = true
    expect(told).toEqual([ServingStatus.SERVING, ServingStatus.NOT_SERVING, ServingStatus.SERVING])
  })
})
