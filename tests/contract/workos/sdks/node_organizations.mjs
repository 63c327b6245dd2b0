// Organizations, members and connections for the published Node SDK: what it makes it reads, changes and removes.
//
// Run with what there is, as JSON, and the folder of the package: the URL of the broker, ids, keys, and a user. Ends with
// 0 and says nothing, or tells what went wrong.
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";

const given = JSON.parse(process.argv[2]);
const { WorkOS, NotFoundException, ConflictException, UnprocessableEntityException } = await import(
  pathToFileURL(`${process.argv[3]}/lib/index.mjs`)
);
const { hostname, port } = new URL(given.url);
const sdk = new WorkOS(given.api_key, { apiHostname: hostname, port: Number(port), https: false });
const { organizations, sso } = sdk;

const made = await organizations.createOrganization({
  name: "Alder",
  domainData: [{ domain: "alder.example", state: "verified" }],
  metadata: { plan: "big" },
  externalId: "customer/7",
});
assert.deepEqual(made.domains.map(each => [each.domain, each.state]), [["alder.example", "verified"]]);
assert.deepEqual(await organizations.getOrganization(made.id), made);
assert.deepEqual(await organizations.getOrganizationByExternalId("customer/7"), made);
const changed = await organizations.updateOrganization({ organization: made.id, name: "Alder plc" });
assert.deepEqual([changed.name, changed.metadata, changed.externalId], ["Alder plc", { plan: "big" }, "customer/7"]);
const other = await organizations.createOrganization({ name: "Birch" });
const listed = await organizations.listOrganizations();
assert.deepEqual((await listed.autoPagination()).map(each => each.id).slice(0, 2), [other.id, made.id]);
const named = await organizations.listOrganizations({ domains: ["alder.example", "nobody.example"] });
assert.deepEqual(named.data.map(each => each.id), [made.id]);
await organizations.deleteOrganization(other.id);

const users = sdk.userManagement;
const [userId, organizationId] = [given.user_id, made.id];
const member = await users.createOrganizationMembership({ userId, organizationId, roleSlug: "admin" });
assert.deepEqual([member.role.slug, member.status, member.organizationName], ["admin", "active", "Alder plc"]);
assert.deepEqual(await users.getOrganizationMembership(member.id), member);
const several = await users.updateOrganizationMembership(member.id, { roleSlugs: ["owner", "admin"] });
assert.deepEqual(several.roles.map(each => each.slug), ["owner", "admin"]);
assert.equal((await users.deactivateOrganizationMembership(member.id)).status, "inactive");
const every = await users.listOrganizationMemberships({ userId, statuses: ["active", "inactive"] });
assert.deepEqual(every.data.map(each => each.id), [member.id]);
assert.equal((await users.reactivateOrganizationMembership(member.id)).status, "active");
await users.deleteOrganizationMembership(member.id);

const theirs = await sso.getConnection(given.connection_id);
assert.deepEqual(theirs.domains.map(each => each.domain), ["birch.example"]);
const ofIt = await sso.listConnections({ organizationId: theirs.organizationId });
assert.deepEqual((await ofIt.autoPagination()).map(each => each.id), [theirs.id]);
await sso.deleteConnection(theirs.id);

await assert.rejects(organizations.getOrganization("org_nowhere"), NotFoundException);
await assert.rejects(sso.getConnection(theirs.id), NotFoundException);
await assert.rejects(organizations.createOrganization({ name: "B", externalId: "customer/7" }), ConflictException);
await assert.rejects(organizations.createOrganization({ name: "" }), UnprocessableEntityException);
await organizations.deleteOrganization(made.id);
