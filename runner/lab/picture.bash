# picture.bash ROOT: what there is in a lab, a line for each thing, so that two pictures can be compared.
root=$1
shopt -s nullglob dotglob

while read -r _ _ _ _ point rest; do echo "the mount $point (${rest##* - })"; done </proc/self/mountinfo
find /sys/fs/cgroup -mindepth 1 -type d -printf 'the cgroup %p\n'
for link in /sys/class/net/*; do echo "the link ${link##*/}"; done
if command -v ip >/dev/null; then
  ip -o address | awk '{ print "the address " $2 " " $4 }'
  ip route | sed 's/^/the route /'
  ip netns 2>/dev/null | sed 's/^/the network namespace /'
fi
if command -v iptables-save >/dev/null; then iptables-save 2>/dev/null | sed -n 's/^-/the rule -/p'; fi
if command -v nft >/dev/null; then
  # What iptables(8) makes of its own and keeps is no rule, and what a rule has counted is nothing that was left.
  nft list ruleset 2>/dev/null | grep -Ev '^\s*(#.*|\}|chain .*|type .*|table ip6? (filter|nat|mangle|raw) \{|)$' |
    sed -E 's/^\s*/the nft rule /; s/ packets [0-9]+ bytes [0-9]+//'
fi
echo "ip_forward $(cat /proc/sys/net/ipv4/ip_forward)"
echo "the hostname $(cat /proc/sys/kernel/hostname)"
# The second column is the id. The first, the key, may be negative, and a private one has none.
for kind in msg sem shm; do tail -n +2 "/proc/sysvipc/$kind" | awk -v kind="$kind" '{ print "the " kind " queue " $2 }'; done

# This script, what it is made by, and what it starts are no findings.
for directory in /proc/[0-9]*; do
  pid=${directory#/proc/}
  [ "$pid" != $$ ] || continue
  mapfile -d '' -t words <"$directory/cmdline" || continue
  [ -d "$directory" ] || continue
  read -r name <"$directory/comm" || continue
  echo "the process ${words[*]:-[$name]}"
done 2>/dev/null

# What a reader writes in work/ is theirs, and stays.
cd "$root" || exit 1
find . -xdev \( -path ./images/.layers -o -path ./work \) -prune -o -mindepth 1 -printf 'the file %P\n'
# What Node and tsx keep to start faster they keep for good.
find /tmp -mindepth 1 -maxdepth 1 ! -name 'tsx-*' ! -name node-compile-cache -printf 'the file %p\n'
true
