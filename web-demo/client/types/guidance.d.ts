/**
 * The sentence for the user about a state or a failure.
 * @param {string} name a state's name or a `FailureReason`
 * @param {"ja" | "en"} language
 */
export function guidance(name: string, language: "ja" | "en"): string;
