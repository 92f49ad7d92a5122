# Usage: migrate.sh DIR. Brings DIR to the newest schema, as a database migration would.
set -eu
mkdir -p "$1"
for version in 1 2 3; do
    echo "migrating to schema $version"
    echo "$version" >"$1/schema.new"
    mv "$1/schema.new" "$1/schema"
done
echo "done"
