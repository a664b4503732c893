import { documentOf, mergeDocuments, type OpenApi } from "#kernel/http/document.ts"
import { hollowApps } from "./doors.ts"
import { subjects } from "./subjects.ts"

export const joinDocuments = (documents: readonly OpenApi[]): OpenApi => ({
  ...mergeDocuments(documents),
  tags: [...subjects],
})

/** The platform's OpenAPI document, made without starting anything. */
export const platformDocument = (): OpenApi => joinDocuments(Object.values(hollowApps()).map(documentOf))
