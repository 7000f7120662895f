// Help at the field while typing. It only offers: the text changes when a button is pressed, never by itself, and the
// rules are the server's (form.py, numbers.py).
import { t } from "./language.js";

// What people type for a hyphen: full-width, minus sign, long vowel mark, dashes.
const HYPHENS = /[\u2010-\u2015\u2212\u30fc\uff0d\uff70]/g;

/** Full-width letters, digits and signs → half-width; nothing else changes. */
export function halfWidth(text, isNumber) {
  const narrow = text.replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0)).replace(/\u3000/g, " ");
  return isNumber ? narrow.replace(HYPHENS, "-").replace(/ /g, "") : narrow;
}

/** A telephone number with its hyphens, where the length of the area code is beyond doubt; else as it was. */
export function hyphenated(digits) {
  const shapes = [/^(0[5789]0)(\d{4})(\d{4})$/, /^(0120)(\d{3})(\d{3})$/, /^(0[36])(\d{4})(\d{4})$/];
  const shape = shapes.find((known) => known.test(digits));
  return shape ? digits.replace(shape, "$1-$2-$3") : digits;
}

/** What could be meant by `value` in a field of this kind; the same text where there is nothing to offer. */
export function suggestion(kind, value) {
  const narrow = halfWidth(value.trim(), kind !== "email");
  if (kind === "postal") return narrow.replace(/^(\d{3})(\d{4})$/, "$1-$2");
  if (kind === "phone") return hyphenated(narrow);
  return narrow;
}

const isWide = (text) => /[^\x20-\x7e]/.test(text);

function advice(input, value) {
  const { help: kind, length, limit } = input.dataset;
  if (limit && [...value].length > Number(limit)) {
    return t(`${limit}文字までです（現在${[...value].length}文字）。`, `At most ${limit} characters (${[...value].length} now).`);
  }
  if (!kind) return "";
  if (isWide(value)) return t("全角の文字が入っています。", "There are full-width characters.");
  if (kind === "postal" && /^\d{7}$/.test(value)) return t("ハイフンが入っていません。", "The hyphen is missing.");
  if (kind === "phone" && /^0\d{8,}$/.test(value)) return t("市外局番からハイフンで区切ってください（例：099-000-0000）。", "Separate the area code and the rest by hyphens, such as 099-000-0000.");
  if (kind === "digits" && /[^0-9]/.test(value)) return t("数字だけを入力してください。", "Type digits only.");
  if (kind === "digits" && value.length > Number(length)) return t(`${value.length - Number(length)}桁多くなっています（${length}桁です）。`, `${value.length - Number(length)} digits too many (${length} are needed).`);
  return "";
}

function attach(input) {
  const said = document.getElementById(`${input.id}-help`);
  const button = Object.assign(document.createElement("button"), { type: "button", className: "button small", hidden: true });
  said.after(" ", button);
  let offered = "";

  function show() {
    const { value } = input;
    said.textContent = value ? advice(input, value) : "";
    offered = input.dataset.help && said.textContent ? suggestion(input.dataset.help, value) : value;
    button.hidden = offered === value || isWide(offered);
    button.textContent = t(`「${offered}」に直す`, `Change to “${offered}”`);
  }

  input.addEventListener("input", (event) => event.isComposing || show());
  input.addEventListener("compositionend", show);
  button.addEventListener("click", () => {
    input.value = offered;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    said.textContent = t(`「${offered}」に直しました。`, `Changed to “${offered}”.`);
    input.focus();
  });
  show();
}

for (const input of globalThis.document?.querySelectorAll("input[data-help], input[data-limit]") ?? []) attach(input);
