/** How a file is cut for a multipart upload: by its size alone, so that a second run cuts it as the first did. */

const MB = 1 << 20;
/** Below it one PUT does; S3 takes 5 GB that way, but a broken one starts again from nothing. */
export const SINGLE_BYTES = 16 * MB;
/**
 * 5 MB to 5 GB a part but the last, 10,000 parts, 5 TB (docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html). Ours are
 * small enough to lose little with a broken one, and about a hundred, so that calls do not outweigh bytes.
 */
const SMALLEST = 8 * MB;
const LARGEST = 64 * MB;
const USUAL_COUNT = 128;
const MOST_PARTS = 10_000;

export interface PartRange {
  /** From 1, as S3 counts. */
  number: number;
  start: number;
  size: number;
}

export function partSize(bytes: number): number {
  const usual = Math.min(Math.max(bytes / USUAL_COUNT, SMALLEST), LARGEST);
  return Math.ceil(Math.max(usual, bytes / MOST_PARTS) / MB) * MB;
}

export function cut(bytes: number): PartRange[] {
  const size = partSize(bytes);
  const count = Math.ceil(bytes / size);
  return Array.from({ length: count }, (_, index) => ({
    number: index + 1,
    start: index * size,
    size: Math.min(size, bytes - index * size),
  }));
}
