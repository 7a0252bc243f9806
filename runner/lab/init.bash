# The first process of a lab: furnishes it, says "ready", and stays until its input ends, which it does with the
# program that made the lab, however that ends. It has fresh namespaces already, and reads
#   LAB_ROOT   the project's directory
#   LAB_KEEP   directories below /tmp and /run that must stay visible, one a line
#   LAB_TABLE  cgroup hierarchies, one a line: version, options, mount point
set -eu

# Everything below is opened before it is covered.
exec {root}<"$LAB_ROOT"
declare -A kept=()
while IFS= read -r directory; do
  [ -d "$directory" ] || continue
  exec {fd}<"$directory"
  kept[$directory]=$fd
done <<<"$LAB_KEEP"
hostname lab
if command -v ip >/dev/null; then ip link set lo up; fi

mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /tmp
while IFS= read -r directory; do
  [ -n "$directory" ] && [ -n "${kept[$directory]-}" ] || continue
  mkdir -p "$directory"
  mount --no-canonicalize --rbind "/proc/self/fd/${kept[$directory]}" "$directory"
done <<<"$LAB_KEEP"

# The project: a copy, so that what a chapter writes is gone with the lab. Not busybox/ alone: as a mount of its own it
# would be seen inside of it, where no reader sees one.
mount -t tmpfs -o mode=755 tmpfs "$LAB_ROOT"
mkdir -p "$LAB_ROOT/containers"
from=/proc/self/fd/$root
for entry in "$from"/* "$from"/.[!.]*; do
  name=${entry##*/}
  case " busybox images containers work chapters parts skdocker native assets bench runner test " in
    *" $name "*) cp -a "$entry" "$LAB_ROOT/"; continue ;;
  esac
  if [ -L "$entry" ] || [ -f "$entry" ]; then
    cp -a "$entry" "$LAB_ROOT/"
  elif [ -d "$entry" ]; then
    mkdir "$LAB_ROOT/$name"
    mount --no-canonicalize --rbind "$entry" "$LAB_ROOT/$name"
  fi
done

# A shell in the shell is every reader's alike.
for file in ~/.bashrc /etc/bash.bashrc /etc/bashrc; do
  if [ -f "$file" ]; then mount --bind /dev/null "$file"; fi
done

# A /sys that shows this network namespace, and hierarchies whose root is the lab's group.
sys=$(mktemp -d /run/sys.XXXXXX)
mount -t sysfs sysfs "$sys"
furnish() {
  local version options point
  while read -r version options point; do
    case "$point" in /sys/*) point=$sys/${point#/sys/} ;; esac
    mkdir -p "$point" 2>/dev/null || continue
    case "$version" in
      1) mount -t cgroup -o "$options" cgroup "$point" ;;
      2) mount -t cgroup2 cgroup2 "$point" ;;
    esac
  done <<<"$1"
}
if [ -n "$LAB_TABLE" ]; then
  case "$(stat -fc %T /sys/fs/cgroup)" in
    cgroup2fs) ;;
    *) mount -t tmpfs -o mode=755 tmpfs "$sys/fs/cgroup" ;;
  esac
  furnish "$LAB_TABLE"
  for link in /sys/fs/cgroup/*; do
    [ ! -L "$link" ] || cp -P "$link" "$sys/fs/cgroup/"
  done
  umount --recursive --lazy /sys
  mount --move "$sys" /sys
fi
rmdir "$sys" 2>/dev/null || true
for leaf in /sys/fs/cgroup/init.scope /sys/fs/cgroup/*/init.scope; do
  [ ! -d "$leaf" ] || echo $$ >"$leaf/cgroup.procs"
done

for fd in "$root" "${kept[@]}"; do exec {fd}<&-; done
echo ready
# Not exec: what is orphaned in here has this shell for a parent, which waits for it.
while read -r _; do :; done
