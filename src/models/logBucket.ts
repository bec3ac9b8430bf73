/**
 * The bucket of a relative position (He et al. 2021, section 3.1.1): each of the distances up to `buckets` / 2 has its own, further
 * ones share buckets that grow with the logarithm, and `positions` - 1 is in the last. Odd: logBucket(-d) = -logBucket(d).
 */
export function logBucket(distance: number, buckets: number, positions: number): number {
  const middle = Math.floor(buckets / 2);
  const far = Math.abs(distance);
  if (far <= middle) return distance;
  const share = Math.log(far / middle) / Math.log((positions - 1) / middle);
  return Math.sign(distance) * (Math.ceil(share * (middle - 1)) + middle);
}
