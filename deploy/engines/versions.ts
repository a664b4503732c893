/** Every version of an engine is pinned here and nowhere else. */
export const versions = {
  kafka: "4.3.1",
  kafka_log: "1.7.36",
  mongo: "1.47.0",
  versitygw: "1.8.0",
  envoy: "1.40.0",
  maven_dependency_plugin: "3.8.1",
} as const
