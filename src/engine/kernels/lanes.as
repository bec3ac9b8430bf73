// A vector holds four floats. A row's last one to three are read and written lane by lane, never beyond the row's end.

/** The next four floats at `from`, or as many as are `left` and zeros behind them. */
@inline
export function load4(from: usize, left: usize): v128 {
  return left >= 4 ? v128.load(from) : loadPart(from, left);
}

/** Writes the four floats of `x`, or as many as are `left`. */
@inline
export function store4(to: usize, x: v128, left: usize): void {
  if (left >= 4) v128.store(to, x);
  else storePart(to, x, left);
}

function loadPart(from: usize, count: usize): v128 {
  let x = v128.load_zero<f32>(from);
  if (count > 1) x = v128.load_lane<f32>(from, x, 1, 4);
  if (count > 2) x = v128.load_lane<f32>(from, x, 2, 8);
  return x;
}

function storePart(to: usize, x: v128, count: usize): void {
  v128.store_lane<f32>(to, x, 0);
  if (count > 1) v128.store_lane<f32>(to, x, 1, 4);
  if (count > 2) v128.store_lane<f32>(to, x, 2, 8);
}

/** `x` as it is where four are `left`, else `other` in the lanes behind them. */
@inline
export function pad4(x: v128, other: f32, left: usize): v128 {
  if (left < 4) x = f32x4.replace_lane(x, 3, other);
  if (left < 3) x = f32x4.replace_lane(x, 2, other);
  if (left < 2) x = f32x4.replace_lane(x, 1, other);
  return x;
}

/** The sum of the four. */
export function total(x: v128): f32 {
  x = f32x4.add(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1);
}

/** The greatest of the four, NaN where one is. */
export function greatest(x: v128): f32 {
  x = f32x4.max(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
  return max(f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 1));
}
