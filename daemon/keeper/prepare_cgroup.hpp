// `superd --prepare-cgroup`, for ExecStopPost= of systemd before 254.
#pragma once

namespace superd::keeper {

// The services of a superd that is gone live in groups below that of the unit, which passes
// controllers on to them, and in such a group the kernel takes no process: systemd could not put
// the next superd there (EBUSY, 219/CGROUP). So nothing is passed on until that superd, once it has
// moved to a group of its own, does so again. What is done is for the group above "…/.control"
// only, where systemd runs what comes after a stop, and not what comes before a start; elsewhere
// there is nothing to do. Returns an exit status, having said what is wrong.
int prepare_cgroup();

}  // namespace superd::keeper
