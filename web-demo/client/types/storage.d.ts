/**
 * What the pages of one tab pass on to each other. Without storage they simply don't.
 */
/** @param {string} key */
export function stored(key: string): string | undefined;
/**
 * @param {string} key
 * @param {string | undefined} value
 */
export function store(key: string, value: string | undefined): void;
