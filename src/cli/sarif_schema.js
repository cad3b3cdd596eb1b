// SPDX-License-Identifier: BSD-2-Clause
// Holds files against a JSON schema with ajv: sarif_schema.js MODULES SCHEMA FILE... prints for each file its faults, as JSON.
const fs = require('fs');
const path = require('path');
const [modules, schema, ...files] = process.argv.slice(2);
const load = name => require(path.join(modules, name));
const ajv = new (load('ajv/dist/2020').default)({strict: false, allErrors: true});
load('ajv-formats').default(ajv);
const holds = ajv.compile(JSON.parse(fs.readFileSync(schema)));
const faults = file => holds(JSON.parse(fs.readFileSync(file))) ? [] : holds.errors.map(e => `${e.instancePath}: ${e.message}`);
console.log(JSON.stringify(files.map(faults)));
