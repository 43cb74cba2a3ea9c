#!/usr/bin/env bash
# Puts llama.cpp's server into a folder of its own, from the Debian suite that has it, and prints how to
# start it. Nothing of the system changes. usage: get_llama_server.sh FOLDER
# Exits with 3 where there is no apt, or no network.
set -euo pipefail
suite=${SUITE:-forky}
folder=$(mkdir -p "$1" && cd "$1" && pwd)
start=$folder/llama-server

[ -x "$start" ] && { echo "$start"; exit 0; }
command -v apt-get >/dev/null && command -v dpkg >/dev/null || {
  echo "llama-server is unpacked from Debian's packages, which need apt-get and dpkg" >&2; exit 3; }

mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1)
mkdir -p "$folder"/apt/{lists,archives}/partial "$folder/root"
: > "$folder/apt/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" > "$folder/apt/sources"
own_apt() {
  apt-get -qq -o Dir::Etc::sourcelist="$folder/apt/sources" -o Dir::Etc::sourceparts=- \
    -o Dir::State::lists="$folder/apt/lists" -o Dir::State::status="$folder/apt/status" \
    -o Dir::Cache::archives="$folder/apt/archives" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
    -o APT::Install-Recommends=false -o APT::Sandbox::User="$(id -un)" "$@"
}
{ own_apt update && own_apt --yes --download-only install llama.cpp-tools; } >&2 || {
  echo "llama-server could not be fetched from $suite" >&2; exit 3; }
for package in "$folder"/apt/archives/*.deb; do dpkg --extract "$package" "$folder/root"; done
rm -rf "$folder/apt"

# Its libraries are those of the newer suite, its loader included; it looks for backends where it is started.
cat > "$start" <<'START'
#!/usr/bin/env bash
set -euo pipefail
root=$(cd "$(dirname "$0")" && pwd)/root
libraries=$(find "$root" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
loader=$(find "$root" -name 'ld-linux-*.so.*' | head -n 1)
cd "$(dirname "$(find "$root" -name 'libggml-cpu*.so' | head -n 1)")"
exec "$loader" --library-path "$libraries" "$root/usr/bin/llama-server" "$@"
START
chmod +x "$start"
echo "$start"
