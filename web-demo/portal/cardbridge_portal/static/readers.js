// What the state of a reader means, in words.
import { t } from "./language.js";

const CARD = {
  empty: t("ICカードが入っていません", "No card inserted"),
  present: t("ICカードが入っています", "Card inserted"),
  inUse: t("ほかのソフトウェアが使用中です", "In use by another program"),
  mute: t("ICカードが応答しません。裏表・向きを確かめてください", "The card does not answer; check which way it is inserted"),
  unsupported: t("対応していないICカードです", "This card is not supported"),
};
const PIN = {
  countLow: t("PIN番号の残り回数が少なくなっています", "few PIN tries are left"),
  finalTry: t("PIN番号をあと1回間違えるとロックされます", "one more wrong PIN locks it"),
  locked: t("ロックされています", "locked"),
};

/** One reader as an item of a list. */
export function readerItem(reader) {
  const item = document.createElement("li");
  item.dataset.state = reader.state;
  const name = document.createElement("strong");
  name.textContent = reader.name;
  const state = document.createElement("span");
  state.textContent = readerState(reader);
  item.append(name, state);
  return item;
}

/** One reader's state in words. */
export function readerState(reader) {
  const parts = [CARD[reader.state] ?? reader.state, PIN[reader.card?.pinState]];
  return parts.filter(Boolean).join(t("。", "; "));
}
