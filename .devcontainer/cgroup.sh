# In cgroup v2 a group that hands controllers down may have no processes of its own, and the group that a container
# sees as the root is no exception: cgroups(7), "no internal processes". So all move one down, as systemd has it.
set -eu
cd /sys/fs/cgroup
[ -f cgroup.controllers ] || exit 0 # cgroup v1
mkdir -p init.scope
while read -r pid; do
  echo "$pid" >init.scope/cgroup.procs 2>/dev/null || true # it may have ended meanwhile
done <cgroup.procs
for controller in $(cat cgroup.controllers); do
  echo "+$controller" >cgroup.subtree_control || echo "cgroup.sh: $controller cannot be handed down" >&2
done
