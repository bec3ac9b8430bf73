import { fakeCommand } from "../engine/native/fakes";

/** A PATH with a Jupyter that looks for kernels in these folders, and has these front ends; it writes what it opens, and then does `more`. */
export function jupyterOn(data: string[], fronts: string[], log = "/dev/null", more = ":"): string {
  const versions = fronts.map((front) => `"${front} --version") echo 4.0 ;;`).join("\n");
  return fakeCommand(
    "jupyter",
    `case "$*" in
"--paths --json") echo '${JSON.stringify({ data })}' ;;
${versions}
*--version) exit 1 ;;
*) echo "$*" >> ${log}; ${more} ;;
esac`,
  );
}
