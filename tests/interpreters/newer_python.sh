#!/usr/bin/env bash
# A Python of a newer Debian suite in a folder of its own; the system's packages are left alone.
#   newer_python.sh VERSION SUITE FOLDER      then FOLDER/bin/pythonVERSION runs
# The mirror is the one that apt uses here. Its C library is newer than this system's, hence the
# loader. Exit status 3: this is no Debian, and nothing was done.
set -euo pipefail
version=$1 suite=$2 folder=$3
program=$folder/bin/python$version
keys=/usr/share/keyrings/debian-archive-keyring.gpg
if [ -x "$program" ] && "$program" -c pass 2>/dev/null; then exit 0; fi
if ! command -v apt-get >/dev/null || [ ! -f $keys ]; then
  echo "no Python $version from Debian $suite: this is no Debian" >&2
  exit 3
fi
rm -rf "$folder"
mkdir -p "$folder"/{apt/lists/partial,apt/archives/partial,root,bin}
folder=$(cd "$folder" && pwd)
apt=$folder/apt
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | sort -u | head -n 1)
: > "$apt/status"
echo "deb [signed-by=$keys] ${mirror:?apt names no Debian mirror} $suite main" > "$apt/sources.list"
options=(
  -o "Dir::Etc::sourcelist=$apt/sources.list" -o "Dir::Etc::sourceparts=-"
  -o "Dir::State::lists=$apt/lists" -o "Dir::State::status=$apt/status"
  -o "Dir::Cache::archives=$apt/archives" -o "Dir::Cache::pkgcache=" -o "Dir::Cache::srcpkgcache="
  -o "APT::Install-Recommends=false" -o "APT::Sandbox::User=$(id -un)" -o "Debug::NoLocking=1"
)
apt-get "${options[@]}" -qq update
apt-get "${options[@]}" -qq -y --download-only install "python$version"
for package in "$apt"/archives/*.deb; do dpkg-deb -x "$package" "$folder/root"; done
rm -rf "$apt"
loader=$(find "$folder/root" -name 'ld-linux*' -path '*/lib*/ld-linux*' | head -n 1)
libraries=$folder/root/usr/lib/$(uname -m)-linux-gnu
# An environment: a Python looks for its library relative to the link it was started by.
printf 'home = %s\ninclude-system-site-packages = false\n' "$folder/root/usr/bin" > "$folder/pyvenv.cfg"
cat > "$program" <<RUN
#!/bin/sh
exec "$loader" --argv0 "\$0" --library-path "$libraries" "$folder/root/usr/bin/python$version" "\$@"
RUN
chmod +x "$program"
"$program" -c 'import ctypes, ssl, sys; print("Python", sys.version.split()[0])'
