/** What a member of a workspace may be, from the least to the most. */
export const roles = ["viewer", "operator", "developer", "admin", "owner"] as const
