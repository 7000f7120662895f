/**
 * What the pages of one tab pass on to each other. Without storage they simply don't.
 */

/** @param {string} key */
export function stored(key) {
  try {
    return globalThis.sessionStorage?.getItem(key) ?? undefined;
  } catch {
    return undefined; // storage is switched off for this site
  }
}

/**
 * @param {string} key
 * @param {string | undefined} value
 */
export function store(key, value) {
  try {
    if (value === undefined) globalThis.sessionStorage?.removeItem(key);
    else globalThis.sessionStorage?.setItem(key, value);
  } catch {
    // storage is switched off for this site
  }
}
