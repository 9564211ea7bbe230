# Fills an empty directory with what a program needs, and becomes the guest in it. Run in namespaces of its own.
# Arguments: the directory, the working directory to make, the capabilities to keep; then, pairwise, what of this machine
# is found where, unchangeable.
set -eu
root=$1 workdir=$2 capabilities=$3
shift 3
bind() { mount --bind "$1" "$2" && mount -o remount,bind,ro "$2"; }

mount -t tmpfs -o mode=755 tmpfs "$root"
cd "$root"
mkdir -p app dev etc home logs opt proc root run srv sys tmp usr var/tmp
chmod 1777 tmp var/tmp
chmod 700 root
bind /usr usr
for folder in bin lib lib32 lib64 sbin; do
    if [ -L "/$folder" ]; then
        cp -P "/$folder" .
    elif [ -d "/$folder" ]; then
        mkdir "$folder" && bind "/$folder" "$folder"
    fi
done
cp -a /etc/. etc
rm -f etc/resolv.conf
echo nameserver 127.0.0.1 >etc/resolv.conf
mount -t proc proc proc
mount -t sysfs sysfs sys
# The loopback of a new network is down.
echo 1 >sys/class/net/lo/flags
echo task >proc/sys/kernel/hostname
mount -t tmpfs -o mode=755 tmpfs dev
for device in full null random tty urandom zero; do
    touch "dev/$device" && mount --bind "/dev/$device" "dev/$device"
done
mkdir -p dev/shm && chmod 1777 dev/shm
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
mkdir -p ".$workdir"
while [ $# -gt 0 ]; do
    mkdir -p ".${2%/*}"
    if [ -d "$1" ]; then mkdir -p ".$2"; else touch ".$2"; fi
    bind "$1" ".$2"
    shift 2
done
exec chroot . setpriv --bounding-set "$capabilities" /.overhang/guest
