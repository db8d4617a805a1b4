#!/bin/sh
# Puts the console's libraries into the package: they are not in git.
set -eu
. "$(dirname "$0")/common.sh"

cd "$(dirname "$0")/../.."
command -v npm >/dev/null 2>&1 || die 'npm is not there: the console needs Node 20, or run "make setup" where it is'
if [ ! -d node_modules/preact ] || [ ! -d node_modules/htm ] || [ ! -d node_modules/uplot ]; then
    npm ci --omit=dev --no-audit --no-fund --loglevel=error
fi
npm run --silent vendor
