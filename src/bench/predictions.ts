/** How many predictions an answer holds: 1 where it does not look like a list of them. */
export function predictionsIn(body: Uint8Array): number {
  try {
    const { predictions } = JSON.parse(Buffer.from(body).toString('utf8')) as { predictions?: unknown };
    return Array.isArray(predictions) ? Math.max(1, predictions.length) : 1;
  } catch {
    return 1;
  }
}
