// The page's script. Everything about signing in is in the first half: one link (in the HTML), and four calls.

const broker = document.querySelector('meta[name="broker"]').content;

/** Calls the broker with its cookie. `credentials: "include"` is what sends it along to another origin. */
const ask = (path, options = {}) => fetch(broker + path, { credentials: "include", ...options });

/** Who is signed in, `null` when nobody is. Anything else than an answer is an exception: "down" is not "signed out". */
async function whoAmI() {
  const answer = await ask("/me");
  if (answer.status === 401) return null;
  if (!answer.ok) throw new Error(`the broker answered ${answer.status}`);
  return answer.json();
}

/** My sessions, in this browser and in others. */
async function mySessions() {
  const answer = await ask("/sessions");
  if (!answer.ok) throw new Error(`the broker answered ${answer.status}`);
  return answer.json();
}

const endSession = (id) => ask(`/sessions/${encodeURIComponent(id)}`, { method: "DELETE" });

/** 204 is done, 401 means that there was nothing left to end: signed out either way. */
async function signOut() {
  const answer = await ask("/logout", { method: "POST" });
  if (!answer.ok && answer.status !== 401) throw new Error(`the broker answered ${answer.status}`);
}

/**
 * A sign-in that failed comes back to this page with `?error=`. Whoever sends you a link can write anything into it ("call
 * this number"), so nothing of it is shown: the sentence is ours, chosen by the code, and the reference has to look like
 * one. The console has the rest, for developers. Then it leaves the address bar.
 */
function takeErrorFromAddress() {
  const url = new URL(location.href);
  const code = url.searchParams.get("error");
  if (!code) return null;
  const reference = url.searchParams.get("error_reference") ?? "";
  console.info("The sign-in failed:", code, url.searchParams.get("error_description"));
  for (const name of ["error", "error_description", "error_reference"]) url.searchParams.delete(name);
  history.replaceState(null, "", url);
  return { code, reference: /^[0-9A-Z]{10}$/.test(reference) ? reference : "" };
}

const SENTENCES = {
  access_denied: ["You cancelled the sign-in", "Nothing was changed. You can try again whenever you like."],
  sign_in_expired: ["That took too long", "For your safety a sign-in has to be finished in ten minutes. Please start again."],
  already_used: ["That sign-in was already finished", "Please start again from here."],
  wrong_browser: ["That sign-in was begun elsewhere", "It has to end in the browser that it began in. Please start again from here."],
  temporarily_unavailable: ["Signing in is not possible just now", "Please try again in a few minutes."],
  account_locked: ["This account is locked", "Ask whoever looks after this application."],
};
const ANY_ERROR = ["The sign-in did not work", "Please try again. If it goes on, report the reference below."];

// --- from here on: putting it on the page ---------------------------------------------------------------------------

const element = (id) => document.getElementById(id);
const say = (text) => (element("status").textContent = text);
const when = (text) => new Date(text).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });

function make(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text; // names and user agents are other people's text: never as HTML
  return made;
}

function show(part) {
  for (const id of ["signed-out", "signed-in", "unreachable"]) element(id).hidden = id !== part;
  element("sign-out").hidden = part !== "signed-in";
  element("signed-out").classList.remove("waiting");
}

function showError({ code, reference }) {
  const [title, text] = Object.hasOwn(SENTENCES, code) ? SENTENCES[code] : ANY_ERROR;
  element("failure-title").textContent = title;
  element("failure-text").textContent = text;
  element("failure-detail").textContent = reference && `reference ${reference}`;
  element("failure").hidden = false;
}

function showPerson(me) {
  const address = me.emails?.find((email) => email.is_primary) ?? me.emails?.[0];
  const name = me.name || address?.address || "Signed in";
  element("name").textContent = name;
  element("initials").textContent = name.split(/\s+/).slice(0, 2).map((word) => [...word][0] ?? "").join("").toUpperCase();
  element("address").textContent = address
    ? `${address.address} (${address.is_verified ? "verified" : "not verified"})`
    : "no address";
  element("provider").textContent = me.identities?.map((identity) => identity.provider).join(", ") || "unknown";
  element("user-id").textContent = me.user_id;
}

/** "Firefox on Linux" out of a User-Agent header: good enough to recognise one's own browser. */
function browserName(userAgent) {
  const find = (names) => names.find(([, word]) => userAgent?.includes(word))?.[0];
  const browser = find([["Edge", "Edg/"], ["Opera", "OPR/"], ["Firefox", "Firefox/"], ["Chrome", "Chrome/"], ["Safari", "Safari/"], ["curl", "curl/"]]);
  const system = find([["Android", "Android"], ["iOS", "iPhone"], ["iPadOS", "iPad"], ["Windows", "Windows"], ["macOS", "Mac OS X"], ["Linux", "Linux"]]);
  return [browser ?? "Unknown browser", system].filter(Boolean).join(" on ");
}

function sessionRow(session) {
  const row = make("li", "", "");
  const facts = make("div", "facts", "");
  const title = make("p", "title", browserName(session.user_agent));
  if (session.current) title.append(" ", make("span", "badge", "this browser"));
  facts.append(title, make("p", "fine", [`last seen ${when(session.last_used)}`, session.ip_address].filter(Boolean).join(" · ")));
  row.append(facts);
  if (!session.current) {
    const end = make("button", "quiet", "End");
    end.type = "button";
    end.setAttribute("aria-label", `End the session in ${browserName(session.user_agent)}, last seen ${when(session.last_used)}`);
    end.addEventListener("click", () => attempt(end, async () => {
      const answer = await endSession(session.id);
      if (!answer.ok && answer.status !== 404) throw new Error(`the broker answered ${answer.status}`);
      await refresh("The session was ended.");
      element("name").focus();
    }));
    row.append(end);
  }
  return row;
}

function showSessions(sessions) {
  element("sessions").replaceChildren(...sessions.map(sessionRow));
  const current = sessions.find((session) => session.current);
  element("session-end").textContent = current ? when(current.expires_at) : "unknown";
}

async function showWhoami() {
  const answer = await fetch("/api/whoami"); // our own backend: same origin, so the cookie goes along by itself
  element("whoami").textContent = `${answer.status} ${JSON.stringify(await answer.json(), null, 2)}`;
}

async function addNote() {
  const answer = await fetch("/api/notes", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ text: element("note").value }),
  });
  const body = await answer.json();
  if (answer.status === 401) return refresh("You are not signed in any more.");
  if (!answer.ok) return say(body.message);
  element("notes").replaceChildren(...body.notes.map((note) => make("li", "", note)));
  element("notes").hidden = false;
  element("note").value = "";
  say("Kept, until the demo stops.");
}

/** Draws the page anew from what the broker says now. */
async function refresh(saying) {
  try {
    const me = await whoAmI();
    if (me === null) {
      show("signed-out");
      element("notes").hidden = true; // the next person in this browser shall not find them
      element("notes").replaceChildren();
      return say(saying ?? "You are not signed in.");
    }
    showPerson(me);
    showSessions(await mySessions());
    show("signed-in");
    say(saying ?? `Signed in as ${element("name").textContent}.`);
    await showWhoami();
  } catch (error) {
    console.info("The broker cannot be reached:", error.message);
    show("unreachable");
    say("The sign-in service is not answering.");
  }
}

/** Runs what a button does, once at a time, and says so when it fails. */
async function attempt(button, work) {
  button.disabled = true;
  try {
    await work();
  } catch {
    say("That did not work: the sign-in service is not answering. Please try again.");
  } finally {
    button.disabled = false;
  }
}

element("sign-out").addEventListener("click", (event) => attempt(event.currentTarget, async () => {
  await signOut();
  await refresh("You are signed out.");
  element("sign-in").focus();
}));
element("retry").addEventListener("click", (event) => attempt(event.currentTarget, () => refresh()));
element("ask").addEventListener("click", (event) => attempt(event.currentTarget, async () => {
  await showWhoami();
  say("The backend answered again.");
}));
element("note-form").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(event.submitter, addNote);
});
element("failure-close").addEventListener("click", () => {
  element("failure").hidden = true;
  (element("sign-in").offsetParent ? element("sign-in") : element("name")).focus();
});

// A page that the back button brings out of the browser's cache, or a tab one returns to, may show yesterday's news.
addEventListener("pageshow", (event) => event.persisted && refresh());
addEventListener("visibilitychange", () => document.visibilityState === "visible" && refresh());

const error = takeErrorFromAddress();
if (error) showError(error);
await refresh();
