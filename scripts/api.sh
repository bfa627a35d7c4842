#!/usr/bin/env bash
# Writes down what the routes say of themselves (docs/openapi.json), and makes the types of the page's
# client of it (web/src/lib/api/schema.d.ts).
set -euo pipefail
cd "$(dirname "$0")/.."

WRITE_OPENAPI=1 cargo test --locked --quiet --test api is_written_down_as_it_is_served
npm run --silent --prefix web api
