/** Says something to the one who looks into the browser's console. */

/** For what a user need not see and an administrator may want to. */
export function log(message: string): void {
  // eslint-disable-next-line no-console -- a page has no other place for it that needs no asking
  console.info(message);
}
