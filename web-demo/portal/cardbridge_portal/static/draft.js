// Keeps what is being typed on the server, for this card and this company (drafts.py): nothing of it stays in the
// browser of a computer that others use, and the registration number is never part of it.
import * as guidance from "./guidance.js";
import { beforeLeaving } from "./page.js";
import { post } from "./request.js";

const PAUSE_MS = 1500;
const form = document.querySelector("form[data-draft]");
let dirty = false;
let timer = null;

const inputs = () => [...form.querySelectorAll("input[name]")].filter(({ name }) => !["csrf", "number"].includes(name));

function draft() {
  return { kind: form.dataset.draft, values: Object.fromEntries(inputs().map(({ name, value }) => [name, value])) };
}

async function save({ last = false } = {}) {
  clearTimeout(timer);
  dirty = false;
  try {
    await post("api/draft", draft(), undefined, last);
  } catch (error) {
    dirty = true;
    throw error;
  }
}

/** What was typed is safe before the page is left; where that fails, the page stays as it is and says why. */
async function leave(leaving) {
  if (!dirty && leaving !== form) return;
  try {
    await save();
  } catch (error) {
    guidance.showError(error, { retry: () => leaving.requestSubmit() });
    throw error;
  }
}

if (form) {
  form.addEventListener("input", () => {
    dirty = true;
    clearTimeout(timer);
    timer = setTimeout(() => {
      save().catch((error) => {
        // Only what another try cannot mend is told while somebody is typing.
        if (["sessionExpired", "csrf"].includes(error.reason)) guidance.showError(error);
      });
    }, PAUSE_MS);
  });
  addEventListener("pagehide", () => {
    if (dirty) save({ last: true }).catch(() => {});
  });
  beforeLeaving.push(leave);
  // Typed before this was loaded.
  if (inputs().some(({ value, defaultValue }) => value !== defaultValue)) form.dispatchEvent(new Event("input"));
}
