// The kinds of ReadyWatch; ready.cpp chooses.
#pragma once

#include "supervisor/ready.hpp"

namespace superd::supervisor {

// tcp, unix, http, exec: asks again and again.
std::unique_ptr<ReadyWatch> watch_by_probe(const boost::asio::any_io_executor& executor,
                                           const config::Ready& ready, os::SpawnPlan plan,
                                           ReadyWatch::Callback callback);
// fd: a line on a pipe.
std::unique_ptr<ReadyWatch> watch_descriptor(const boost::asio::any_io_executor& executor,
                                             const config::Ready& ready, os::Fd readiness,
                                             ReadyWatch::Callback callback);
// delay.
std::unique_ptr<ReadyWatch> watch_delay(const boost::asio::any_io_executor& executor,
                                        const config::Ready& ready, core::Instant started,
                                        ReadyWatch::Callback callback);

}  // namespace superd::supervisor
