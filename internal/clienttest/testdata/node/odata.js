// Pulls an export with Microsoft's client of Graph: odata.js HOST TOKEN CALL.
const { Client, PageIterator } = require("@microsoft/microsoft-graph-client");

const [host, token, call] = process.argv.slice(2);
const client = Client.init({
  baseUrl: host + "/api",
  defaultVersion: "machines",
  customHosts: new Set([new URL(host).hostname]),
  authProvider: (done) => done(null, token),
  fetchOptions: {},
});

async function main() {
  const ids = [];
  let pages = 1;
  const first = await client.api(call).get();
  const iterator = new PageIterator(client, first, (row) => ids.push(row.id) > 0);
  const next = iterator.fetchAndUpdateNextPageData.bind(iterator);
  iterator.fetchAndUpdateNextPageData = () => (pages++, next());
  await iterator.iterate();
  let error;
  try {
    await client.api("/SoftwareVulnerabilitiesByMachine").query({ pageSize: 0 }).get();
  } catch (e) {
    error = { statusCode: e.statusCode, code: e.code, message: e.message };
  }
  console.log(JSON.stringify({ ids, pages, error }));
}

main();
