# Run in the machine by skdocker.service, with the arguments of vitest. What it prints is shown to the caller.

finish() {
  echo "$?" >/dev/virtio-ports/result
}
trap finish EXIT
set -eu

export HOME=/root LANG=C.UTF-8 TERM=xterm-256color
mkdir /opt/modules /skdocker/node_modules
mount /dev/disk/by-id/virtio-modules /opt/modules
mount --bind /opt/modules/node_modules /skdocker/node_modules
# The lab takes what lies below node_modules for npm's, and off the PATH.
ln -s /opt/modules/node/node_modules/.bin/* /usr/local/bin/
export PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
cd /skdocker

node --import tsx test/vm/slowness.ts "$SKDOCKER_VM_REFERENCE" >/run/scale
SKDOCKER_TIMEOUT_SCALE=$(cat /run/scale)
export SKDOCKER_TIMEOUT_SCALE
echo "vm: $(uname -srm), node $(node --version), $(. /etc/os-release; echo "$PRETTY_NAME")," \
  "$(stat -f -c %T /sys/fs/cgroup) on /sys/fs/cgroup, timeouts times $SKDOCKER_TIMEOUT_SCALE"

node --import tsx runner/setup.ts
# The machine is the tests' own already, and has one processor.
export SKDOCKER_LABS=0
# Node's own way of taking types out is WebAssembly, in which it has died in the emulator.
export SKDOCKER_TSX="${SKDOCKER_TSX:-1}"
node node_modules/vitest/vitest.mjs run --config test/vm/vitest.config.ts "$@"
