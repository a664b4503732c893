/** Of this release: the client says it, and so does a platform where it says that it lives. */
export const version = "0.1.0"
