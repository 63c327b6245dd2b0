import { register } from "./node_modules/@teamhanko/hanko-elements/dist/elements.js";

const broker = document.querySelector('meta[name="broker"]').content;
const element = (id) => document.getElementById(id);

// How often an open tab asks whether the session still lives, in milliseconds.
const { hanko } = await register(broker, { shadow: true, sessionCheckInterval: 30000, enablePasskeys: false });

async function show() {
  const { is_valid: signedIn } = await hanko.validateSession();
  element("signed-in").hidden = !signedIn;
  element("signed-out").hidden = signedIn;
  if (!signedIn) {
    element("profile").replaceChildren();
    return;
  }
  const user = await hanko.getCurrentUser();
  element("name").textContent = user.name ?? user.emails?.[0]?.address ?? user.user_id;
  if (!element("profile").firstChild) element("profile").append(document.createElement("hanko-profile"));
}

function tell(text) {
  element("notice").textContent = text;
}

hanko.onSessionCreated(() => { tell(""); show(); });
hanko.onSessionExpired(() => { tell("Your session has ended."); show(); });
hanko.onUserLoggedOut(() => { tell("You are signed out."); show(); });
hanko.onUserDeleted(() => { tell("Your account is deleted."); show(); });
element("sign-out").addEventListener("click", () => hanko.logout());

// A page that the browser kept as it was when it left for the provider has dead buttons: load it anew.
window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });

await show();
