// Signs in by Microsoft's own library for Node, refreshes, and prints what Graph says of the person.
// Arguments: authority, client id, secret, redirect URI, name of the person.
import { ConfidentialClientApplication, CryptoProvider } from "@azure/msal-node";

const [authority, clientId, clientSecret, redirectUri, person] = process.argv.slice(2);
const { origin, host } = new URL(authority);
const application = new ConfidentialClientApplication({
  auth: { authority, clientId, clientSecret, knownAuthorities: [host] },
});
const scopes = ["User.Read"];
const { verifier, challenge } = await new CryptoProvider().generatePkceCodes();

let address = await application.getAuthCodeUrl({
  scopes, redirectUri, loginHint: `auto:${person}`, codeChallenge: challenge, codeChallengeMethod: "S256",
});
while (!address.startsWith(redirectUri)) {
  const answer = await fetch(address, { redirect: "manual" });
  address = answer.headers.get("location") ?? fail(await answer.text());
}

const code = new URL(address).searchParams.get("code");
const first = await application.acquireTokenByCode({ scopes, redirectUri, code, codeVerifier: verifier });
const second = await application.acquireTokenSilent({ account: first.account, scopes, forceRefresh: true });
const me = await fetch(`${origin}/graph/v1.0/me`, { headers: { Authorization: `Bearer ${second.accessToken}` } });
console.log(JSON.stringify({
  claims: first.idTokenClaims, refreshed: second.accessToken !== first.accessToken, me: await me.json(),
}));

function fail(text) {
  throw new Error(text);
}
