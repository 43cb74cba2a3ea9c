#!/usr/bin/env bash
# A real VS Code for a browser (code-server), and what drives the browser: usage: install.sh DEST
# Exits with 3 where something cannot be had: no apt for the browser, or no network.
set -euo pipefail

code_server=4.100.3
playwright=1.65.1

dest=$(mkdir -p "$1" && cd "$1" && pwd)
ready=$dest/.ready-$code_server-$playwright
cannot() { echo "$*" >&2; exit 3; }

# Chromium shows VS Code; VS Code's search needs a ripgrep, whose own download is not taken.
missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v rg >/dev/null || missing+=(ripgrep)
command -v make >/dev/null && command -v g++ >/dev/null || missing+=(build-essential)
# The headers that addons are built against, as Debian has them beside its node.
[ -e /usr/include/node/node.h ] || missing+=(libnode-dev)
if [ ${#missing[@]} -gt 0 ]; then
  command -v apt-get >/dev/null || cannot "missing, and there is no apt-get to install it: ${missing[*]}"
  as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
  export DEBIAN_FRONTEND=noninteractive
  as_root apt-get update -q >&2 || cannot "the package lists cannot be fetched"
  as_root apt-get install -q -y --no-install-recommends "${missing[@]}" >&2 \
    || cannot "cannot be installed: ${missing[*]}"
fi

[ -e "$ready" ] && exit 0

# Install scripts are not run: they fetch prebuilt programs from places that many networks close off.
install() { npm install --silent --no-audit --no-fund --ignore-scripts "$@" >&2; }
built() { npm_config_nodedir=/usr npm rebuild --silent "$@" >&2; }

cd "$dest"
[ -f package.json ] || echo '{ "private": true }' >package.json
install "code-server@$code_server" "playwright-core@$playwright" || cannot "npm cannot fetch code-server"
built argon2
cd node_modules/code-server/lib/vscode
install --omit=dev
ln -sfn node_modules node_modules.asar
mkdir -p node_modules/@vscode/ripgrep/bin
ln -sf "$(command -v rg)" node_modules/@vscode/ripgrep/bin/rg
(cd extensions && install --omit=dev)
built @vscode/spdlog native-watchdog
touch "$ready"
