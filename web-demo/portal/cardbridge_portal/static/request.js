// The portal's own requests; each one that is answered counts as activity (idle.js).
export const base = document.body.dataset.base;
const csrf = document.querySelector('meta[name="csrf"]').content;

/** A refusal by the portal: `reason` as the guidance knows it, `said` the portal's own sentence. */
export class PortalError extends Error {
  constructor(reason, message) {
    super(message);
    this.reason = reason;
    this.said = message;
  }
}

/** POST JSON to the portal; resolves with its answer, rejects with PortalError. `keepalive` outlives the page. */
export async function post(path, body = {}, signal = undefined, keepalive = false) {
  let response;
  try {
    response = await fetch(base + path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
      body: JSON.stringify(body),
      signal,
      keepalive,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new PortalError("serverUnreachable", "");
  }
  const answer = await response.json().catch(() => ({}));
  if (response.status >= 500) throw new PortalError("serverFailed", "");
  if (!response.ok) throw new PortalError(answer.reason ?? "other", answer.message ?? "");
  window.dispatchEvent(new Event("portal:activity"));
  return answer;
}
