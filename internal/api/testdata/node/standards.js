// Reads the two documents by which the service describes itself with the
// validator of OpenAPI and with OASIS's own reader of OData's metadata:
// standards.js OPENAPI_FILE METADATA_FILE.
const { readFileSync } = require("node:fs");
const { pathToFileURL } = require("node:url");
const { xml2json } = require("odata-csdl");

const [openapi, metadata] = process.argv.slice(2);

async function main() {
  const { Validator } = await import(pathToFileURL(require.resolve("@seriousme/openapi-schema-validator")));
  const validator = new Validator();
  const { valid, errors } = await validator.validate(JSON.parse(readFileSync(openapi, "utf8")));
  const messages = [];
  const csdl = xml2json(readFileSync(metadata, "utf8"), { strict: true, messages });
  console.log(JSON.stringify({ openapi: { valid, errors, version: validator.version }, csdl, messages }));
}

main();
