import type { Asker } from './who.ts'

/** Who a program acts for, by the key or token in its Authorization header. */
export async function askerOfBearer(
  _locals: Pick<App.Locals, 'identity' | 'database' | 'now'>,
  _authorization: string,
): Promise<Asker | 'refused'> {
  return 'refused'
}
