// What every page does: sends a form once, keeps the way back safe, warns before the session ends.
import "./idle.js";

/** Called before a form of the page leaves it; waits for what it gives. A rejection keeps the person here. */
export const beforeLeaving = [];

// Reloading the answer to a form would send the form again (and count another wrong search).
if (document.getElementById("errors") || document.querySelector("#guidance[data-fixed]")) {
  history.replaceState(history.state, "", location.href);
}
// The reader of the screen is taken to what was refused.
document.querySelector("#guidance[data-fixed], #errors")?.focus();

// A page that comes out of the back/forward cache may belong to a session that has gone on.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

let leaving = false;
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  event.preventDefault();
  if (leaving) return;
  leaving = true;
  const { submitter } = event;
  try {
    for (const task of beforeLeaving) await task(form);
    if (submitter?.name) {
      const chosen = Object.assign(document.createElement("input"), { type: "hidden", name: submitter.name, value: submitter.value });
      form.append(chosen);
    }
    form.submit();
  } catch {
    leaving = false;
  }
});
