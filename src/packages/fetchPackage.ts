import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { FrostError } from "../errors";
import { withTemporaryFolder } from "../files/withTemporaryFolder";
import { offline } from "../offline";
import { npm } from "./npm";
import { OPTIONAL_PACKAGES, type OptionalPackage, OVERRIDES } from "./optionalPackages";
import { installation, packageFolder } from "./packageFolder";

/**
 * Fetches a package that npm left out from the registry that npm is set up with, in the version that the kit is tested with and
 * without running any of its scripts, into the kit's cache. Does nothing where it is there. Logs before a download.
 * Returns its folder.
 *
 * @throws FrostError where HF_HUB_OFFLINE forbids it, or with npm's reason
 */
export async function fetchPackage(name: OptionalPackage, log: (line: string) => void): Promise<string> {
  const folder = packageFolder(name);
  if (existsSync(folder)) return folder;
  const wanted = `${name}@${OPTIONAL_PACKAGES[name]}`;
  const byHand = `npm install --ignore-scripts ${wanted}`;
  if (offline())
    throw new FrostError(
      `${name} is not installed and HF_HUB_OFFLINE forbids fetching it; ${byHand} brings it`,
    );
  const target = installation(name);
  log(`fetching ${name} ${OPTIONAL_PACKAGES[name]} from the npm registry into ${target}`);
  mkdirSync(dirname(target), { recursive: true });
  try {
    await withTemporaryFolder(target, async (staging) => {
      // Without a package.json of its own npm would look for one further up.
      writeFileSync(`${staging}/package.json`, `${JSON.stringify({ overrides: OVERRIDES })}\n`);
      await npm(staging, "install", "--ignore-scripts", "--no-package-lock", "--omit=dev", wanted);
      putInPlace(staging, target);
    });
  } catch (error) {
    throw new FrostError(`${name} could not be fetched (${(error as Error).message}); ${byHand} brings it`);
  }
  return folder;
}

/** Of several processes that fetch at once one is first; the others take what it brought. */
function putInPlace(staging: string, target: string): void {
  try {
    renameSync(staging, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
  }
}
