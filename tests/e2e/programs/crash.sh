# Usage: crash.sh SIDE_FILE SECONDS CODE. Notes its run, lives for a while, exits with CODE.
echo "$SUPERD_RUN" >>"$1"
echo "run $SUPERD_RUN"
sleep "$2"
exit "$3"
