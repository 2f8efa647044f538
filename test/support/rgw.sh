#!/bin/bash
# A throw-away Ceph object gateway on loopback: one monitor, one OSD on a sparse file, one radosgw.
#   rgw.sh FOLDER MON_PORT RGW_PORT
# Prints "ready" when S3 answers. Ends, and removes FOLDER, when standard input ends or on SIGTERM.
# Debian 12: apt-get install -y --no-install-recommends ceph-mon ceph-osd radosgw ceph-common
set -euo pipefail
dir=$1 mon_port=$2 rgw_port=$3
conf=$dir/ceph.conf

finish() {
  trap - EXIT INT TERM
  exec 2>/dev/null
  local pids
  pids=$(jobs -p)
  # shellcheck disable=SC2086
  [ -z "$pids" ] || kill -KILL $pids || true
  wait || true
  rm -rf "$dir"
}
trap finish EXIT
trap 'exit 0' INT TERM

# Runs a command until it succeeds, every 0.1 s for at most a minute.
eventually() {
  for _ in $(seq 600); do "$@" >/dev/null 2>&1 && return; sleep .1; done
  echo "gave up on: $*" >&2; tail -n 20 "$dir"/*.log >&2; return 1
}
ceph_() { timeout 10 ceph -c "$conf" --connect-timeout 5 "$@"; }
listening() { (: <"/dev/tcp/127.0.0.1/$rgw_port"); }

mkdir -p "$dir"/{mon,osd,rgw}
cat >"$conf" <<CONF
[global]
fsid = $(cat /proc/sys/kernel/random/uuid)
mon initial members = a
mon host = [v2:127.0.0.1:$mon_port]
public network = 127.0.0.0/8
cluster network = 127.0.0.0/8
ms bind msgr1 = false
ms type = async+posix
ms async op threads = 2
# radosgw 16.2 does not connect with "auth = none", so cephx stays on
auth allow insecure global id reclaim = false
run dir = $dir
pid file = $dir/\$name.pid
admin socket =
log file = $dir/\$name.log
mon cluster log file = $dir/cluster.log
crash dir = $dir
keyring = $dir/keyring
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail warn = 1
mon data avail crit = 1
mon osd full ratio = .96
mon osd backfillfull ratio = .95
mon osd nearfull ratio = .94
# otherwise every change of a map (a new pool) waits up to a second
paxos propose interval = 0.02
paxos min wait = 0.01
[mon]
mon data = $dir/mon
[osd]
osd data = $dir/osd
osd objectstore = bluestore
osd memory target = 1073741824
bluestore block size = 21474836480
bluestore block create = true
osd max object name len = 2048
[client.rgw.a]
rgw data = $dir/rgw
# without tcp_nodelay a GET on a kept-alive connection takes 44 ms
rgw frontends = beast endpoint=127.0.0.1:$rgw_port tcp_nodelay=1
rgw thread pool size = 64
rgw rados pool pg num min = 8
rgw dns name = localhost
rgw crypt require ssl = false
rgw enable apis = s3, admin
rgw enable ops log = false
rgw enable usage log = false
CONF

keyring=$dir/keyring
ceph-authtool --create-keyring "$keyring" --gen-key -n mon. --cap mon 'allow *' >/dev/null
ceph-authtool "$keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' >/dev/null
ceph-authtool "$keyring" --gen-key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *' >/dev/null
ceph-authtool "$keyring" --gen-key -n client.rgw.a --cap mon 'allow rw' --cap osd 'allow rwx' >/dev/null
fsid=$(awk '/^fsid/ { print $3 }' "$conf")
monmaptool --create --fsid "$fsid" --addv a "[v2:127.0.0.1:$mon_port]" "$dir/monmap" >/dev/null
ceph-mon -c "$conf" --mkfs -i a --monmap "$dir/monmap" --keyring "$keyring"

ceph-mon -c "$conf" -i a -f >/dev/null 2>&1 &
eventually ceph_ mon stat
osd_uuid=$(cat /proc/sys/kernel/random/uuid)
ceph_ osd new "$osd_uuid" >/dev/null
ceph-osd -c "$conf" -i 0 --mkfs --osd-uuid "$osd_uuid" >/dev/null 2>&1
ceph-osd -c "$conf" -i 0 -f >/dev/null 2>&1 &
osd_is_up() { ceph_ osd stat | grep -q '1 up'; }
eventually osd_is_up
radosgw -c "$conf" -n client.rgw.a -f >/dev/null 2>&1 &
eventually listening

user() { radosgw-admin -c "$conf" -n client.rgw.a user create --uid="$1" --display-name="$1" --access-key="$2" --secret="$3" >/dev/null 2>&1; }
user main "$RGW_ACCESS_KEY_ID" "$RGW_SECRET_ACCESS_KEY"
echo ready
cat <&0 >/dev/null &
wait $!
