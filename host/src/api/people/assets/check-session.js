// Tells the pages of clients that frame this one whether somebody is still logged in as when they were told (OpenID Connect Session
// Management 1.0 §3.2). What it may know is in a cookie of its own, which says nothing but that it is the same as before.
"use strict";

const cookie = `${document.currentScript.dataset.cookie}=`;

// The state of this browser; empty when nobody is logged in.
function state() {
  const found = document.cookie.split("; ").find((pair) => pair.startsWith(cookie));
  return found ? found.slice(cookie.length) : "";
}

async function hash(text) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// A question is the name of the client and its session state.
async function answer(origin, question) {
  const parts = typeof question === "string" && /^(.+) ([0-9a-f]{64})\.([0-9a-f]+)$/.exec(question);
  if (!parts) return "error";
  const [, client, known, salt] = parts;
  return (await hash(`${client} ${origin} ${state()} ${salt}`)) === known ? "unchanged" : "changed";
}

addEventListener("message", async (event) => {
  if (!event.source || event.origin === "null") return;
  event.source.postMessage(await answer(event.origin, event.data), event.origin);
});
