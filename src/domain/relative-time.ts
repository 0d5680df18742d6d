/** "14 min ago", "in 12 min", "3 h ago", "3 days ago", "just now". */
export function relativeTime(at: Date, now: Date): string {
  const seconds = Math.round((at.getTime() - now.getTime()) / 1_000)
  const size = Math.abs(seconds)
  if (size < 60) return seconds > 0 ? 'in less than a minute' : 'just now'
  const amount =
    size < 3_600
      ? `${Math.floor(size / 60)} min`
      : size < 48 * 3_600
        ? `${Math.floor(size / 3_600)} h`
        : `${Math.floor(size / 86_400)} days`
  return seconds > 0 ? `in ${amount}` : `${amount} ago`
}
