// What is used of the packages that are installed on demand, outside of this tree.

declare module "pg" {
  export class Pool {
    constructor(options: { readonly connectionString: string; readonly max: number })
    query<Row>(text: string, values?: readonly unknown[]): Promise<{ readonly rows: readonly Row[] }>
    end(): Promise<void>
  }
}

declare module "pg-boss" {
  type Work = {
    readonly batchSize: number
    readonly localConcurrency: number
    readonly pollingIntervalSeconds: number
    readonly burstWhenBatchFull: boolean
  }
  export class PgBoss {
    constructor(options: {
      readonly connectionString: string
      readonly max: number
      readonly useListenNotify: boolean
    })
    on(event: "error", handler: (error: Error) => void): void
    start(): Promise<unknown>
    stop(options: { readonly graceful: boolean }): Promise<void>
    createQueue(name: string, options: { readonly notify: boolean }): Promise<void>
    send(name: string, data: object): Promise<string | null>
    insert(name: string, jobs: readonly { readonly data: object }[]): Promise<unknown>
    work(name: string, options: Work, handler: (jobs: readonly unknown[]) => Promise<void>): Promise<string>
    offWork(name: string): Promise<void>
  }
}

declare module "graphile-worker" {
  type Options = {
    readonly connectionString: string
    readonly taskList: Readonly<Record<string, (payload: unknown) => Promise<void>>>
    readonly preset: {
      readonly worker: {
        readonly concurrentJobs: number
        readonly maxPoolSize: number
        readonly localQueue: { readonly size: number }
        readonly completeJobBatchDelay: number
        readonly failJobBatchDelay: number
      }
    }
    readonly noHandleSignals: boolean
    readonly logger: Logger
  }
  export class Logger {
    constructor(factory: () => (level: string, message: string) => void)
  }
  type Spec = { readonly identifier: string; readonly payload: object }
  export const run: (options: Options) => Promise<{ stop(): Promise<void> }>
  export const makeWorkerUtils: (options: {
    readonly connectionString: string
    readonly maxPoolSize: number
    readonly logger: Logger
  }) => Promise<{
    migrate(): Promise<void>
    addJob(identifier: string, payload: object): Promise<unknown>
    addJobs(specs: readonly Spec[]): Promise<unknown>
    release(): Promise<void>
  }>
}

declare module "bullmq" {
  type Connection = { readonly host: string; readonly port: number; readonly maxRetriesPerRequest: null }
  type Address = { readonly connection: Connection }
  type Job = { readonly name: string; readonly data: object }
  type Flow = Job & { readonly queueName: string; readonly children?: readonly Flow[] }
  type Added = { waitUntilFinished(events: QueueEvents): Promise<unknown> }
  export class Queue {
    constructor(name: string, options: Address)
    add(name: string, data: object): Promise<Added>
    addBulk(jobs: readonly Job[]): Promise<unknown>
    getJobCounts(...statuses: readonly string[]): Promise<Readonly<Record<string, number>>>
    close(): Promise<void>
  }
  export class QueueEvents {
    constructor(name: string, options: Address)
    waitUntilReady(): Promise<unknown>
    close(): Promise<void>
  }
  export class FlowProducer {
    constructor(options: Address)
    add(flow: Flow): Promise<{ readonly job: Added }>
    close(): Promise<void>
  }
  export class Worker {
    constructor(
      name: string,
      handler: () => Promise<void>,
      options: Address & { readonly concurrency: number },
    )
    close(): Promise<void>
  }
}

declare module "@dbos-inc/dbos-sdk" {
  export const DBOS: {
    setConfig(config: {
      readonly name: string
      readonly systemDatabaseUrl: string
      readonly systemDatabasePoolSize: number
      readonly logLevel: string
      readonly runAdminServer: boolean
    }): void
    launch(): Promise<void>
    shutdown(): Promise<void>
    registerWorkflow<Given extends unknown[]>(
      work: (...given: Given) => Promise<void>,
      options: { readonly name: string },
    ): (...given: Given) => Promise<void>
    runStep(step: () => Promise<void>, options: { readonly name: string }): Promise<void>
  }
}

declare module "@restatedev/restate-sdk" {
  type Context = { run(name: string, step: () => Promise<void>): Promise<void> }
  type Handlers = Readonly<Record<string, (context: Context, given: number) => Promise<void>>>
  type Service = { readonly name: string }
  export const service: (definition: { readonly name: string; readonly handlers: Handlers }) => Service
  export const serve: (options: {
    readonly services: readonly Service[]
    readonly port: number
  }) => Promise<number>
}
