import type { Outcome } from "../../packages/runCommand";

/** What is wrong when pip fails, and what to do about it, in one line. */
export function explainPipError(requirement: string, { missing, code, stderr }: Outcome): string {
  if (missing || code === 127)
    return "no Python: --pip needs python3 on the PATH; install it, or name an unpacked TensorFlow in FROSTKIT_TENSORFLOW";
  if (/No module named pip/.test(stderr))
    return "this Python has no pip: python3 -m ensurepip (or apt-get install python3-pip) brings it";
  if (/No space left on device|Disk quota exceeded|Errno 28|Errno 122/.test(stderr))
    return "the disk is full: name a folder on a disk with room in FROSTKIT_CACHE";
  // Before the next: where no index answers, pip ends with the same words.
  if (
    /NewConnectionError|ConnectTimeout|ConnectionError|ReadTimeout|ProxyError|name resolution|Name or service/.test(
      stderr,
    )
  )
    return `no network: pip cannot reach its index to fetch ${requirement}; offline, unpack its wheel and name the folder in FROSTKIT_TENSORFLOW`;
  if (/No matching distribution|Could not find a version/.test(stderr))
    return `pip finds no ${requirement}: its index cannot be reached, or has none for this Python and machine (TensorFlow 2.21 is for Python 3.10 to 3.13)`;
  const line = /^ERROR: .*$/m.exec(stderr)?.[0] ?? stderr.trim().split("\n").at(-1) ?? "";
  return `pip cannot fetch ${requirement}: ${line} (FROSTKIT_DEBUG=1 shows all it says)`;
}
