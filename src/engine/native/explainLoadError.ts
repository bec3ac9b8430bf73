/** What is wrong when the binding does not load, and what to do about it, in one line; `message` is the loader's. */
export function explainLoadError(message: string): string {
  for (const [pattern, explain] of CAUSES) {
    const match = pattern.exec(message);
    if (match) return explain(...match.slice(1));
  }
  return `tfjs-node-gpu's binding does not load: ${message.trim().split("\n")[0]}; run frostkit native again`;
}

const CAUSES: [RegExp, (...parts: string[]) => string][] = [
  [
    /(libtensorflow\w*\.so[.\d]*): cannot open shared object file/,
    (library) => `${library}, which tfjs-node-gpu's binding is linked to, is gone; run frostkit native again`,
  ],
  [
    /(lib(?:cud|cub|cuf|cus|cup|nccl|nv)\S*\.so[.\d]*): cannot open shared object file/,
    (library) =>
      `${library} is not on the path: pip install "tensorflow[and-cuda]" brings it (or name its folder in LD_LIBRARY_PATH ` +
      "before Node starts), then run frostkit native",
  ],
  [
    /(\S+\.so[.\d]*): cannot open shared object file/,
    (library) =>
      `TensorFlow needs ${library}, which is not on the path; install it with the system's packages, then run frostkit native`,
  ],
  [
    /version [`'](GLIBC_[\d.]+)' not found/,
    (needed) =>
      `this TensorFlow needs ${needed}, and this system's glibc is ${glibcVersion()}; an older TensorFlow runs here ` +
      `(pip install "tensorflow<2.21"), or a newer system`,
  ],
  [
    /(\S*libstdc\+\+\S*): version [`'](\w+_[\d.]+)' not found/,
    (library, needed) =>
      `${library} is too old (${needed} is needed); CXX=/usr/bin/g++ frostkit native builds with the system's own compiler`,
  ],
  [
    /wrong ELF class|invalid ELF header|Exec format error|file too short|mach-o/i,
    () =>
      `the binding is not one for ${process.platform} ${process.arch}; run frostkit native on this machine`,
  ],
  [
    /undefined symbol: (\S+?)(?:,|\s|$)/,
    (symbol) =>
      `the binding was built for another TensorFlow (${symbol} is missing); run frostkit native again`,
  ],
  [
    /failed to map segment from shared object: Operation not permitted/,
    () =>
      "node_modules lies on a disk from which nothing may be executed (noexec); move the project to another",
  ],
  [
    /failed to map segment|[Cc]annot allocate memory/,
    () => "there is too little memory to load TensorFlow (it takes about 0.5 GB); end other programs",
  ],
];

function glibcVersion(): string {
  const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime ?? "none";
}
