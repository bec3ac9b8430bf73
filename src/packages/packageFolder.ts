import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../files/cacheFolder";
import { OPTIONAL_PACKAGES, type OptionalPackage } from "./optionalPackages";

/** Where the folder of an optional package lies: among the kit's own packages, else where `fetchPackage` puts it. */
export function packageFolder(name: OptionalPackage): string {
  return installedFolder(name) ?? fetchedFolder(name);
}

/** The folder of a package that npm installed with the kit; null where npm left it out. */
export function installedFolder(name: OptionalPackage): string | null {
  // Not by require.resolve of its package.json, which a package may keep to itself.
  const folders = (require.resolve.paths(name) ?? []).map((folder) => join(folder, name));
  return folders.find((folder) => existsSync(join(folder, "package.json"))) ?? null;
}

/** The folder in the kit's cache of a package that npm left out. It need not be there yet. */
export function fetchedFolder(name: OptionalPackage): string {
  return join(installation(name), "node_modules", name);
}

/** The folder that npm is run in to fetch it. Another version gets another folder. */
export function installation(name: OptionalPackage): string {
  return join(cacheFolder("packages"), `${name.replace("/", "+")}@${OPTIONAL_PACKAGES[name]}`);
}
