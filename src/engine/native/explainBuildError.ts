import type { Outcome } from "../../packages/runCommand";

/** What is wrong when the compiler fails, and what to do about it, in one line. */
export function explainBuildError(compiler: string, { missing, stderr, signal }: Outcome): string {
  if (missing || /cannot execute .*cc1plus|cc1plus: No such file/.test(stderr))
    return `no C++ compiler (${compiler}): apt-get install g++ (conda: conda install gxx) brings one, or name yours in CXX`;
  if (/No space left on device|Disk quota exceeded/.test(stderr))
    return "the disk is full: the build needs 10 MB in node_modules";
  if (signal !== null || /Killed|virtual memory exhausted|out of memory/i.test(stderr))
    return "the compiler was ended, most likely for want of memory; end other programs and try again";
  const header = /fatal error: '?([^':\s]+)'?[: ].*(?:No such file|file not found)/.exec(stderr)?.[1];
  if (header?.startsWith("node_api") || header?.startsWith("js_native_api"))
    return `Node's header ${header} is missing: npm install puts it back`;
  if (header?.includes("/"))
    return `TensorFlow's header ${header} is missing: pip install --force-reinstall --no-deps tensorflow puts it back`;
  if (header !== undefined)
    return `the C++ header ${header} is missing: apt-get install g++ (conda: conda install gxx) brings it`;
  if (/file not recognized|wrong format|incompatible|architecture/.test(stderr))
    return `this TensorFlow was built for another kind of processor than this Node (${process.arch}); install one for it`;
  const line = /^.*\berror\b.*$/m.exec(stderr)?.[0] ?? stderr.trim().split("\n")[0];
  return `${compiler} cannot build tfjs-node-gpu's binding: ${line.trim()} (FROSTKIT_DEBUG=1 shows all it says)`;
}
