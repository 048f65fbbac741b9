#!/usr/bin/env bash
# Builds the single file's own Python, for a glibc as old as the file glibc-floor says, and prints its path.
# What is there already is not built again. Debian's source packages (with its security patches, checked by apt
# against the archive's key) are compiled by zig, whose linker knows every old glibc: some three minutes on two cores.
set -euo pipefail
umask 022
unset PYTHONHOME PYTHONPATH VIRTUAL_ENV CFLAGS LDFLAGS CPPFLAGS

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
requirements=$(cd -- "$here/../../requirements" && pwd -P)/single-file.txt
glibc=$(cat "$here/glibc-floor")
cache=${HAWATCH_INTERPRETERS:-/var/cache/hawatch-interpreters}

say() { printf 'interpreter: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 2
}
quietly() { # shows what a command printed only if it fails
  "$@" >"$work/log" 2>&1 || {
    tail -n 40 "$work/log" >&2
    fail "failed: $*"
  }
}

[ "$(uname -m)" = x86_64 ] || fail "is built on x86_64 alone"
for tool in dpkg-source make patch xz tclsh flock; do
  command -v "$tool" >/dev/null || fail "needs $tool (bash deploy/setup.sh --tests installs it)"
done
openssl=$(dpkg-query -W -f '${Version}' libssl-dev) || fail "needs libssl-dev (bash deploy/setup.sh --tests installs it)"

# A new OpenSSL makes a new interpreter. For newer sources of Python remove the directory.
prefix=$cache/$(cat "$here/interpreter.sh" "$here/glibc-floor" "$requirements" - <<<"$openssl" | sha256sum | cut -c1-16)
python=$prefix/bin/python3.11
ready=$prefix/ready
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
if [ -e "$ready" ]; then
  printf '%s\n' "$python"
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
deps=$work/deps
mkdir -p "$work/bin" "$work/src" "$work/apt/parts" "$work/apt/lists/partial" "$deps/include/openssl" "$deps/lib"

# --- what it is made from -------------------------------------------------------------------------

apt_options=(-q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/apt/parts"
  -o Dir::State::lists="$work/apt/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
  -o APT::Sandbox::User=root)

# The machine's own Debian sources, for source packages, in lists of our own.
read_lists() {
  local file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    if [ -e "$file" ]; then sed -n 's/^deb /deb-src /p' "$file" >>"$work/apt/parts/source.list"; fi
  done
  for file in /etc/apt/sources.list.d/*.sources; do
    if [ -e "$file" ]; then sed 's/^Types:.*/Types: deb-src/' "$file" >"$work/apt/parts/${file##*/}"; fi
  done
  quietly apt-get "${apt_options[@]}" update
}

# A mirror may list a version that it does not have (yet, or any more): then the one before it.
fetch() {
  local name=$1 version versions
  versions=$(apt-cache "${apt_options[@]}" showsrc --only-source "$name" | sed -n 's/^Version: //p' | sort -Vru)
  for version in $versions; do
    if (cd "$work/src" && apt-get "${apt_options[@]}" source --download-only "$name=$version") >"$work/log" 2>&1; then
      say "$name $version"
      quietly dpkg-source --no-check -x "$work/src/${name}_${version#*:}.dsc" "$work/src/$name" # apt has checked it
      return 0
    fi
    say "$name $version is listed and cannot be had"
  done
  fail "no source package $name can be had"
}

install_zig() {
  local zig tool
  quietly /usr/bin/python3 -m venv "$work/zig"
  sed -n '/^ziglang==/,/[^\\]$/p' "$requirements" >"$work/zig.txt"
  quietly "$work/zig/bin/pip" install --no-cache-dir --disable-pip-version-check --no-input --require-hashes -r "$work/zig.txt"
  zig=$(echo "$work"/zig/lib/python3*/site-packages/ziglang/zig)
  export ZIG_GLOBAL_CACHE_DIR=$work/zig-cache ZIG_LOCAL_CACHE_DIR=$work/zig-cache
  for tool in cc c++; do
    printf '#!/bin/sh\nexec %s %s -target x86_64-linux-gnu.%s -fno-sanitize=undefined "$@"\n' "$zig" "$tool" "$glibc" >"$work/bin/$tool"
  done
  for tool in ar ranlib; do printf '#!/bin/sh\nexec %s %s "$@"\n' "$zig" "$tool" >"$work/bin/$tool"; done
  chmod 755 "$work"/bin/*
  export CC=$work/bin/cc CXX=$work/bin/c++ AR=$work/bin/ar RANLIB=$work/bin/ranlib
  export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1}
}

# --- what Python stands on, as static libraries -----------------------------------------------------

build_zlib() {
  cd "$work/src/zlib"
  CFLAGS="-O2 -fPIC -g0" quietly ./configure --static --prefix="$deps"
  quietly make -j2 libz.a
  cp zlib.h zconf.h "$deps/include/"
  cp libz.a "$deps/lib/"
}

build_libffi() { # undeclared where it is called: an oversight in libffi 3.4.4, which is there when it is linked
  cd "$work/src/libffi"
  quietly ./configure CFLAGS="-O2 -fPIC -g0 -Wno-error=implicit-function-declaration" --host=x86_64-linux-gnu \
    --prefix="$deps" --libdir="$deps/lib" --disable-shared --disable-docs --disable-multi-os-directory
  quietly make -j2 install
}

build_sqlite() {
  cd "$work/src/sqlite3"
  BCC=gcc quietly ./configure --host=x86_64-linux-gnu --disable-tcl --disable-readline
  quietly make sqlite3.c
  cp sqlite3.h "$deps/include/"
  quietly "$CC" -O2 -fPIC -g0 -DSQLITE_THREADSAFE=1 -c sqlite3.c -o "$work/sqlite3.o"
  quietly "$AR" rcs "$deps/lib/libsqlite3.a" "$work/sqlite3.o"
}

# Debian's own static OpenSSL: position independent, and of glibc it asks nothing that is newer than 2.17.
take_openssl() {
  cp /usr/include/openssl/*.h /usr/include/x86_64-linux-gnu/openssl/*.h "$deps/include/openssl/"
  cp /usr/lib/x86_64-linux-gnu/libssl.a /usr/lib/x86_64-linux-gnu/libcrypto.a "$deps/lib/"
}

# --- Python -----------------------------------------------------------------------------------------

# Left out: what hawatch never imports, and whose libraries would have to be kept up to date with it.
ABSENT=(_tkinter _curses _curses_panel readline _dbm _gdbm nis _uuid _lzma _bz2 ossaudiodev _crypt pyexpat _elementtree)

build_python() {
  local module
  cd "$work/src/python3.11"
  for module in "${ABSENT[@]}"; do export "py_cv_module_$module=n/a"; done
  sed -i 's/def add_multiarch_paths(self):/&\n        return/' setup.py # nothing of this host's own libraries
  quietly ./configure CFLAGS="-O2 -fPIC -g0 -Wno-date-time" --prefix="$prefix" --enable-shared --without-ensurepip \
    --without-static-libpython --disable-test-modules --with-openssl="$deps" \
    CPPFLAGS="-I$deps/include" LDFLAGS="-L$deps/lib -Wl,-rpath,$prefix/lib" \
    LIBSQLITE3_CFLAGS="-I$deps/include" LIBSQLITE3_LIBS="-L$deps/lib -lsqlite3"
  sed -i 's/-Wl,-h\$(INSTSONAME)/-Wl,-soname,$(INSTSONAME)/' Makefile # zig's linker does not know -h
  quietly make -j2 PY3LIBRARY=
  rm -rf "$prefix"
  quietly make install PY3LIBRARY=
}

say "building Python for glibc $glibc and newer"
read_lists
for name in python3.11 sqlite3 zlib libffi; do fetch "$name"; done
install_zig
build_zlib
build_libffi
build_sqlite
take_openssl
build_python
quietly "$python" -I -c 'import asyncio, ctypes, hashlib, os, sqlite3, ssl, zlib; os.pidfd_open'
touch "$ready"
printf '%s\n' "$python"
