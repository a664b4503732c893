import { join } from "node:path"
import { runCommand } from "./command.ts"
import { versions } from "./versions.ts"

type Artifact = readonly [group: string, artifact: string, version: string]

const dependency = ([group, artifact, version]: Artifact) =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`

/** Brings the artifacts and all they depend on into the folder. */
export const copyJars = async (folder: string, artifacts: readonly Artifact[]) => {
  const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>wf</groupId><artifactId>engine</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>${artifacts.map(dependency).join("\n")}</dependencies></project>
`
  await Bun.write(join(folder, "pom.xml"), pom)
  const goal = `org.apache.maven.plugins:maven-dependency-plugin:${versions.maven_dependency_plugin}:copy-dependencies`
  await runCommand({ words: ["mvn", "-q", "-B", goal, `-DoutputDirectory=${join(folder, "jars")}`], folder })
}
