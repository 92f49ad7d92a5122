# Usage: worker.sh DIR. Works through jobs for ever; ends after the job in hand when asked to stop.
set -eu
read -r schema <"$1/schema"
echo "$SUPERD_INSTANCE works with schema $schema"
trap 'echo "$SUPERD_INSTANCE ends"; exit 0' TERM
job=0
while :; do
    job=$((job + 1))
    echo "job $job of $QUEUE is done"
    # In the background and awaited, so that the trap is not held up by it.
    sleep "$PACE" &
    wait $!
done
