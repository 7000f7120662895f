// The page's language, and texts in both: t("日本語", "English").
export const language = document.documentElement.lang === "en" ? "en" : "ja";

/** One text of two, as the page's language is. */
export function t(ja, en) {
  return language === "en" ? en : ja;
}
