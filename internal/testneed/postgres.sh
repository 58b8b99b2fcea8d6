# Makes a PostgreSQL server in a folder, starts it, and ends with it when a process has ended.
#
# dir bin watched settings command...: the command runs another as a user who is not root.
set -eu
dir=$1 bin=$2 watched=$3 settings=$4
shift 4
PATH=$bin:$PATH
export LC_ALL=C
cd "$dir"
"$@" initdb -D "$dir/data" -U muster -A trust -E UTF8 --locale=C --no-sync >"$dir/log" 2>&1
"$@" pg_ctl -D "$dir/data" -l "$dir/data/log" -w -t 60 -o "-k $dir $settings" start >>"$dir/log" 2>&1
touch "$dir/ready"
while kill -0 "$watched" 2>/dev/null; do sleep 0.5; done
"$@" pg_ctl -D "$dir/data" -m immediate stop >>"$dir/log" 2>&1 || true
rm -rf "$dir"
