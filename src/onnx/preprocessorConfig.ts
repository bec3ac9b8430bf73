import type { ImageTransform } from "../data/loadImageTransform";

/** How Pillow counts its filters. */
const RESAMPLE = { nearest: 0, bilinear: 2, bicubic: 3 } as const;

/**
 * The preprocessor_config.json by which Transformers and Transformers.js do to an image what `encodeImages` does: the shorter side
 * scaled to size / crop_pct, the square in the middle, each colour normalised.
 */
export const preprocessorConfig = ({ size, cropPct, interpolation, mean, std }: ImageTransform) => ({
  image_processor_type: "BitImageProcessor",
  do_convert_rgb: true,
  do_resize: true,
  size: { shortest_edge: Math.floor(size / cropPct) },
  resample: RESAMPLE[interpolation],
  do_center_crop: true,
  crop_size: { height: size, width: size },
  do_rescale: true,
  rescale_factor: 1 / 255,
  do_normalize: true,
  image_mean: mean,
  image_std: std,
});
