// The guidance box of a page: says what failed and what to do (reasons.js), offers another try and the way to
// 「ICカードの準備」.
import { GUIDANCE, WAYS, details } from "./reasons.js";

const box = document.getElementById("guidance");
let again = null;

document.getElementById("retry")?.addEventListener("click", () => {
  hide();
  again?.();
});

/** Show the guidance of a reason, or what the portal `said` of one without; `retry` is called by もう一度試す. */
export function show(reason, { data = {}, retry = null, said = "" } = {}) {
  const [title, usual, todo, retriable] = GUIDANCE[reason] ?? GUIDANCE.other;
  const what = GUIDANCE[reason] ? usual : said || usual;
  // The client goes on trying to reconnect: the same news twice must not take the focus again.
  const news = box.hidden || box.dataset.reason !== reason;
  box.dataset.reason = reason;
  box.classList.toggle("waiting", reason === "waitingForPermission");
  box.querySelector("h2").textContent = title;
  box.querySelector(".what").textContent = what + details(data);
  box.querySelector(".todo").textContent = todo;
  box.querySelector(".start").hidden = reason !== "notRunning";
  showWay(WAYS[reason]);
  again = retry;
  box.querySelector("#retry").hidden = !(retriable && retry);
  box.hidden = false;
  if (news && reason !== "waitingForPermission") box.focus();
}

function showWay([address, text] = []) {
  const way = box.querySelector("#way");
  way.hidden = !address || (address === "pin" && location.pathname.endsWith("/pin"));
  if (way.hidden) return;
  way.href = address;
  way.textContent = text;
}

/** Show an error that was thrown: the client's, the portal's, or an unexpected one. */
export function showError(error, options = {}) {
  show(error?.reason ?? "other", { data: error?.data ?? {}, said: error?.said ?? "", ...options });
}

export function hide() {
  box.hidden = true;
  delete box.dataset.reason;
}
