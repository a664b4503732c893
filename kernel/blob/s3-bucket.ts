import { CreateBucketCommand, HeadBucketCommand, type S3Client } from "@aws-sdk/client-s3"

export type Bucket = {
  readonly client: S3Client
  /** How a request names an object; the bucket is there by then. */
  named(key: string): Promise<{ Bucket: string; Key: string }>
}

/** Looked for when first needed, and made if it is missing. */
export const bucketOf = (client: S3Client, name: string): Bucket => {
  let there: Promise<void> | undefined
  return {
    client,
    async named(key) {
      there ??= ensure(client, name).catch((error: unknown) => {
        there = undefined
        throw new Error(`The bucket ${name} can't be used: ${reasonOf(error)}`, { cause: error })
      })
      await there
      return { Bucket: name, Key: key }
    },
  }
}

/** The store answers this question without a body, so often the status is all that is known. */
const reasonOf = (error: unknown): string => {
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } }
  return $metadata?.httpStatusCode === undefined
    ? String(error)
    : `the store answered ${$metadata.httpStatusCode}`
}

const ensure = async (client: S3Client, name: string): Promise<void> => {
  try {
    await client.send(new HeadBucketCommand({ Bucket: name }))
  } catch (error) {
    if ((error as Error).name !== "NotFound") throw error
    await client.send(new CreateBucketCommand({ Bucket: name })).catch(unlessMeanwhile)
  }
}

/** Another instance may have been faster. */
const unlessMeanwhile = (error: Error): void => {
  if (error.name !== "BucketAlreadyOwnedByYou" && error.name !== "BucketAlreadyExists") throw error
}
