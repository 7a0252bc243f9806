# join.bash COMMAND…: moves into the groups of LAB_GROUPS, one a line, and becomes the command.
while IFS= read -r group; do
  [ -z "$group" ] || echo $$ >"$group/cgroup.procs" || exit 1
done <<<"$LAB_GROUPS"
unset LAB_GROUPS group
exec "$@"
