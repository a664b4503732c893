import { documentOf, mergeDocuments, type OpenApi } from "#kernel/http/document.ts"
import { hollowApps } from "./doors.ts"

/** The platform's OpenAPI document, made without starting anything. */
export const platformDocument = (): OpenApi => mergeDocuments(Object.values(hollowApps()).map(documentOf))
