#!/bin/sh
# Runs the GPU tests on Vulkan in software (Mesa's llvmpipe) in a minimal Debian 13, whose Mesa ONNX Runtime's WebGPU accepts.
# Needs root and mmdebstrap; the Debian tree is made once and kept in AITBC_TEST_CACHE (default: ~/.cache/aitbc-miner).
set -eu

cd "$(dirname "$0")/.."
tree="${AITBC_TEST_CACHE:-$HOME/.cache/aitbc-miner}/debian-13-vulkan"

if [ "$(id -u)" -ne 0 ]; then
  echo 'the GPU tests make a Debian tree: run them as root, or run "npm run test:gpu" on a machine with a GPU' >&2
  exit 77
fi
if [ ! -e "$tree/.complete" ]; then
  rm -rf "$tree"
  mkdir -p "$tree"
  mmdebstrap --quiet --variant=apt --include=mesa-vulkan-drivers,vulkan-tools,libatomic1,libstdc++6 trixie "$tree"
  touch "$tree/.complete"
fi

# A name space of its own lets go of all mounts when the tests end, however they end.
# shellcheck disable=SC2016  # the inner shell expands it
exec unshare --mount --propagation private sh -eu -c '
  mkdir -p "$1/checkout"
  mount --bind "$2" "$1/checkout"
  mount -t proc proc "$1/proc"
  mount --rbind /dev "$1/dev"
  mount -t tmpfs tmpfs "$1/tmp"
  exec chroot "$1" env -i HOME=/root PATH=/usr/bin:/bin XDG_RUNTIME_DIR=/tmp CI="${CI:-}" \
    sh -c "cd /checkout && exec node_modules/.bin/node node_modules/vitest/vitest.mjs run --config vitest.gpu.config.ts"
' sh "$tree" "$PWD"
