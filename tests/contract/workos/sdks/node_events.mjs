// Events and webhooks for the published Node SDK: it believes what it is told, and reads what it asks for.
//
// Run with what was delivered, as JSON, and the folder of the package: the URL of the broker, ids, keys, and of each
// delivery the body and the header. Ends with 0 and says nothing, or tells what went wrong.
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";

const given = JSON.parse(process.argv[2]);
const { WorkOS, NotFoundException, UnprocessableEntityException } = await import(
  pathToFileURL(`${process.argv[3]}/lib/index.mjs`)
);
const { hostname, port } = new URL(given.url);
const sdk = new WorkOS(given.api_key, { apiHostname: hostname, port: Number(port), https: false });
const secret = given.webhook_secret;

const told = [];
for (const [body, sigHeader] of given.deliveries) {
  const payload = JSON.parse(body);
  told.push(await sdk.webhooks.constructEvent({ payload, sigHeader, secret }));
  const altered = { ...payload, id: "event_other" };
  await assert.rejects(sdk.webhooks.constructEvent({ payload: altered, sigHeader, secret }));
  await assert.rejects(sdk.webhooks.constructEvent({ payload, sigHeader, secret: "x".repeat(32) }));
}

const events = ["user.created", "authentication.oauth_succeeded", "session.created", "user.updated"];
const listed = [];
let after;
do {
  const page = await sdk.events.listEvents({ events, limit: 1, after, rangeStart: "2020-01-01T00:00:00.000Z" });
  listed.push(...page.data);
  after = page.listMetadata.after;
} while (after);
assert.deepEqual(listed, told);
assert.deepEqual(listed.map(event => event.event), events);
await assert.rejects(sdk.events.listEvents({ events, limit: 1000 }), UnprocessableEntityException);

if (sdk.webhooks.createWebhookEndpoint) {
  const endpointUrl = "https://app.example/hook";
  const made = await sdk.webhooks.createWebhookEndpoint({ endpointUrl, events: ["user.created"] });
  const changed = await sdk.webhooks.updateWebhookEndpoint({ id: made.id, status: "disabled" });
  assert.deepEqual([changed.status, changed.secret], ["disabled", made.secret]);
  assert.deepEqual((await sdk.webhooks.listWebhookEndpoints()).data.map(each => each.id), [made.id]);
  await sdk.webhooks.deleteWebhookEndpoint({ id: made.id });
  await assert.rejects(sdk.webhooks.deleteWebhookEndpoint({ id: made.id }), NotFoundException);
}
