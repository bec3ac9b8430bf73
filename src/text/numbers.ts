// How numbers are written for people, in a shell, a cell, a figure and on a page alike.

/** A whole number with thousands separated: "22,713,216". */
export const formatCount = (count: number): string =>
  count.toLocaleString("en-US", { maximumFractionDigits: 0 });

/** So many of a thing: "1 seed", "3 seeds". */
export const formatMany = (count: number, what: string): string =>
  `${formatCount(count)} ${what}${count === 1 ? "" : "s"}`;

/** How often rows have been gone through: "2", within an epoch "1.33". */
export const formatEpoch = (epoch: number): string => String(Number(epoch.toFixed(2)));

/** A score or a loss, with its standard deviation or error where one is known: "0.8412", "0.8412 ± 0.0031". */
export const formatScore = (value: number, error: number | null = null): string =>
  value.toFixed(4) + (error === null ? "" : ` ± ${error.toFixed(4)}`);

/** A difference and its interval: "-0.0120 [-0.0310, +0.0070]". */
export const formatDifference = ({ mean, low, high }: { mean: number; low: number; high: number }): string =>
  `${signed(mean)} [${signed(low)}, ${signed(high)}]`;

/** Nothing in these digits has no sign. */
function signed(value: number): string {
  const digits = Math.abs(value).toFixed(4);
  if (Number(digits) === 0) return digits;
  return (value < 0 ? "-" : "+") + digits;
}

/** A learning rate: "5e-5", "1.5e-3". */
export const formatRate = (rate: number): string =>
  rate > 0 && rate < 0.1 ? rate.toExponential() : String(rate);

/** Bytes in MB (10⁶), without the unit. */
export const megabytes = (bytes: number, digits = 0): string => (bytes / 1e6).toFixed(digits);

/** Bytes in GB (10⁹), without the unit. */
export const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(1);

/** A share in percent, without the sign: "99.9". */
export const percent = (share: number): string => (100 * share).toFixed(1);

/** What something costs as a share of something else: "21 %", below a tenth "2.6 %"; nothing where there is none to compare with. */
export function formatShare(value: number, base: number): string {
  const share = (100 * value) / base;
  return Number.isFinite(share) ? `${share.toFixed(share < 9.95 ? 1 : 0)} %` : "";
}
