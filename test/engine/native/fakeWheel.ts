import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Writes a file and the folders above it; its path. */
export function write(path: string, text = ""): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

export const HEADERS = ["tensorflow/c/c_api.h", "tensorflow/c/eager/c_api.h"];

/** What a wheel unpacks into a site-packages folder, as far as frostkit looks at it; the folder `tensorflow`. */
export function fakeWheel(
  site: string,
  {
    version = "2.20.0",
    distribution = "tensorflow",
    cuda = "",
    requires = "",
    capabilities = [] as string[],
  } = {},
): string {
  const folder = join(site, "tensorflow");
  for (const file of ["__init__.py", "libtensorflow_cc.so.2", "libtensorflow_framework.so.2"])
    write(join(folder, file));
  for (const header of HEADERS) write(join(folder, "include", header));
  const known =
    capabilities.length > 0
      ? `('cuda_compute_capabilities', [${capabilities.map((each) => `'${each}'`).join(", ")}]), `
      : "";
  const build = cuda
    ? `${known}('cuda_version', '${cuda}'), ('cudnn_version', '9'), ('is_cuda_build', True)`
    : `('is_cuda_build', ${requires ? "True" : "False"})`;
  write(
    join(folder, "python/platform/build_info.py"),
    `build_info = collections.OrderedDict([${build}, ('is_rocm_build', False)])\n`,
  );
  write(
    join(site, `${distribution}-${version}.dist-info`, "METADATA"),
    `Name: ${distribution}\nVersion: ${version}\n${requires}`,
  );
  return folder;
}
