// S5: keeps what is typed, helps while typing, 代表窓口情報と同じ.
import "./draft.js";
import { t } from "./language.js";
import "./typing.js";

const copy = document.getElementById("copy-contact");
copy?.addEventListener("click", () => {
  for (const target of document.querySelectorAll('input[name^="unit_"]')) {
    target.value = document.getElementById(target.name.replace(/^unit_/, "contact_")).value;
    target.dispatchEvent(new Event("input", { bubbles: true }));
  }
  document.getElementById("copied").textContent = t("代表窓口情報の内容を入れました。", "Filled in from the main contact.");
});
if (copy) copy.disabled = false;
