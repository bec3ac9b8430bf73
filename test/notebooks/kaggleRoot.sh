# kaggleRoot.sh ROOT COMMAND: runs a shell command with ROOT as its whole file system, in namespaces of its own for mounts and
# network, so that nothing is left when it ends. ROOT/mounts says what of this machine is seen in there, and never written: lines of
# "SOURCE<tab>TARGET".
set -eu
root=$1
while IFS='	' read -r source target; do
  if [ -d "$source" ]; then mkdir -p "$root$target"; else mkdir -p "$(dirname "$root$target")"; touch "$root$target"; fi
  mount --bind "$source" "$root$target"
  mount -o remount,bind,ro "$root$target"
done < "$root/mounts"
mkdir -p "$root/dev" "$root/proc"
mount --rbind /dev "$root/dev"
mount --rbind /proc "$root/proc"
# Kaggle has no Node.js 20: this machine's is out of sight.
for node in "$root"/usr/bin/node "$root"/usr/local/bin/node; do
  [ ! -f "$node" ] || mount --bind /dev/null "$node"
done
# The loopback device, on which Jupyter speaks with its kernel.
ip link set lo up
exec chroot "$root" /usr/bin/env -i HOME=/home/empty PATH=/opt/python/bin:/usr/bin:/bin LANG=C.UTF-8 sh -c "cd /kaggle/working && $2"
