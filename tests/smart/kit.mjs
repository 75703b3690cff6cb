// A hospital's own software, by npm's fhir-kit-client: prints what it saw as JSON.
import { Client } from "fhir-kit-client";

const [baseUrl, bearerToken, patient] = process.argv.slice(2);
const client = new Client({ baseUrl, bearerToken });
const resourceType = "Observation";
const weight = (day, value) => ({
  resourceType, status: "final", subject: { reference: `Patient/${patient}` },
  code: { coding: [{ system: "http://loinc.org", code: "29463-7" }] },
  effectiveDateTime: `2029-12-0${day}`, valueQuantity: { value, unit: "kg" },
});
const told = {};

const { tokenUrl } = await client.smartAuthMetadata();
told.token = `${tokenUrl}`;
const made = await client.create({ resourceType, body: weight(1, 58) });
const { response } = Client.httpFor(made);
told.etag = response.headers.get("etag");
const read = await client.read({ resourceType, id: made.id });
const options = { headers: { "if-match": told.etag } };
const changed = { ...read, valueQuantity: { value: 59, unit: "kg" } };
told.version = (await client.update({ resourceType, id: made.id, body: changed, options })).meta.versionId;
told.stale = await client.update({ resourceType, id: made.id, body: changed, options }).then(
  () => 200, (trouble) => trouble.response.status,
);
const entry = [2, 3].map((day) => ({
  resource: weight(day, 57), request: { method: "POST", url: resourceType },
}));
const all = await client.transaction({ body: { resourceType: "Bundle", type: "transaction", entry } });
told.transaction = all.entry.map((one) => one.response.status);
const searchParams = { patient, code: "29463-7", _count: 2, _sort: "date" };
const first = await client.search({ resourceType, searchParams });
const next = await client.nextPage({ bundle: first });
told.pages = [first, next].map(({ entry }) => entry.map(({ resource }) => resource.effectiveDateTime));
told.last = (await client.nextPage({ bundle: next })) === undefined;
await client.delete({ resourceType, id: made.id });
told.gone = await client.read({ resourceType, id: made.id }).then(
  () => 200, (trouble) => trouble.response.status,
);
console.log(JSON.stringify(told));
