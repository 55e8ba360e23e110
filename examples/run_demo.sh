#!/usr/bin/env bash
# The main job on a bundled project: copy it, make it a repository, fix it. Nothing outside of .demo/ is touched.
set -euo pipefail
cd "$(dirname "$0")/.."
BIN=${BIN:-.venv/bin}
rm -rf .demo && mkdir .demo && cp -r examples/demo .demo/shop
export AUTOSD_HOME="$PWD/.demo/home"
git -C .demo/shop init --quiet --initial-branch=main
git -C .demo/shop add .
git -C .demo/shop -c user.name=demo -c user.email=demo@example.invalid commit --quiet --message "a small shop with bugs"
exec "$BIN/autosd" fix .demo/shop "$@"
