const HEADER = 20;
const ELF = 0x7f454c46;
const X86_64 = 62;
/** First bytes of what other systems run or link: Mach-O in its four kinds, Windows' programs and libraries, static libraries. */
const OTHERS = [/^(cafebabe|cafebabf|feedface|feedfacf|cefaedfe|cffaedfe)/, /^4d5a/, /^213c617263683e/];

/** Whether a file is a program or library that Linux with glibc on x64 cannot load, judged by what is in it. */
export function isForeign(content: Buffer): boolean {
  if (content.length < HEADER) return false;
  if (content.readUInt32BE(0) !== ELF) {
    const start = content.subarray(0, 7).toString("hex");
    return OTHERS.some((pattern) => pattern.test(start));
  }
  const little = content[5] === 1;
  // Alpine's libraries are for the same processor, and name another C library.
  return !little || content.readUInt16LE(18) !== X86_64 || content.includes("libc.musl-");
}
