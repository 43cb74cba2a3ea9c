#!/usr/bin/env bash
# Programs of one Debian suite in a folder of their own; the system's packages are left alone.
#   unpacked.sh SUITE FOLDER PROGRAM PACKAGE...      then FOLDER/PROGRAM runs
# The mirror is the one that apt uses here. Exit status 3: there is no apt here, or no network.
set -euo pipefail
suite=$1 folder=$2 program=$3
shift 3
keys=/usr/share/keyrings/debian-archive-keyring.gpg
start=$folder/$program
[ -x "$start" ] && exit 0
if ! command -v apt-get >/dev/null || [ ! -f $keys ]; then
  echo "$program comes from Debian's packages, and this is no Debian" >&2
  exit 3
fi
rm -rf "$folder"
mkdir -p "$folder"/{apt/lists/partial,apt/archives/partial,files}
folder=$(cd "$folder" && pwd)
apt=$folder/apt
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' \
  | grep -v security | sort -u | head -n 1)
: > "$apt/status"
echo "deb [signed-by=$keys] ${mirror:?apt names no Debian mirror} $suite main" > "$apt/sources.list"
own_apt() {
  apt-get -qq -o "Dir::Etc::sourcelist=$apt/sources.list" -o "Dir::Etc::sourceparts=-" \
    -o "Dir::State::lists=$apt/lists" -o "Dir::State::status=$apt/status" \
    -o "Dir::Cache::archives=$apt/archives" -o "Dir::Cache::pkgcache=" -o "Dir::Cache::srcpkgcache=" \
    -o "APT::Install-Recommends=false" -o "APT::Sandbox::User=$(id -un)" -o "Debug::NoLocking=1" "$@"
}
{ own_apt update && own_apt -y --download-only install "$@"; } >&2 || {
  echo "$program could not be fetched from Debian $suite" >&2
  exit 3
}
for package in "$apt"/archives/*.deb; do dpkg-deb -x "$package" "$folder/files"; done
rm -rf "$apt"

# Of another suite are the C library too, hence its own loader; and the places where programs of
# this suite look for their data.
binary=$(find "$folder"/files/usr/{bin,lib} -type f -perm -u+x \( -name "$program" -o -name "$program.bin" \) | head -n 1)
[ -n "$binary" ] || binary=$(readlink -f "$folder/files/usr/bin/$program")
loader=$(find "$folder/files" -name 'ld-linux*' -path '*/lib*/ld-linux*' | head -n 1)
libraries=$(find "$folder/files" -name '*.so*' -path '*-linux-gnu*' -printf '%h\n' | sort -u | paste -sd:)
cat > "$start" <<RUN
#!/bin/sh
export VIMRUNTIME="$folder/files/usr/share/nvim/runtime" HELIX_RUNTIME="$folder/files/usr/lib/hx"
export LUA_PATH="$folder/files/usr/share/lua/5.1/?.lua;$folder/files/usr/share/lua/5.1/?/init.lua;;"
export LUA_CPATH="$(find "$folder/files/usr/lib" -type d -path '*/lua/5.1' | head -n 1)/?.so;;"
exec "$loader" --library-path "$libraries" "$binary" "\$@"
RUN
chmod +x "$start"
