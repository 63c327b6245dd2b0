// Who is signed in? jose; run with: BROKER=http://localhost:8000 PORT=9000 node server.js
import { createServer } from "node:http";
import { createRemoteJWKSet, jwtVerify } from "jose";

const { BROKER, AUDIENCE = "localhost", PORT = "9000" } = process.env;
const keys = createRemoteJWKSet(new URL(`${BROKER}/.well-known/jwks.json`), { cacheMaxAge: 300000 });

function tokenOf({ headers }) {
  const [scheme, token] = (headers.authorization ?? "").split(" ");
  if (scheme.toLowerCase() === "bearer") return token ?? "";
  return /(?:^|;\s*)hanko=([^;]*)/.exec(headers.cookie ?? "")?.[1] ?? "";
}

createServer(async (request, response) => {
  response.setHeader("Content-Type", "application/json");
  try {
    const rules = { algorithms: ["RS256"], audience: AUDIENCE, issuer: BROKER };
    const { payload } = await jwtVerify(tokenOf(request), keys, rules);
    response.end(JSON.stringify({ user_id: payload.sub, email: payload.email?.address }));
  } catch {
    response.writeHead(401).end(JSON.stringify({ error: "not signed in" }));
  }
}).listen(Number(PORT), "127.0.0.1");
