#include "control/call.hpp"

#include "base/overloaded.hpp"

namespace superd::control {

Right right_for(const Call& call) {
    return std::visit(Overloaded{
                          [](const StatusCall&) { return Right::read; },
                          [](const SummaryCall&) { return Right::read; },
                          [](const GraphCall&) { return Right::read; },
                          [](const WhyCall&) { return Right::read; },
                          [](const TasksCall&) { return Right::read; },
                          [](const ThreadsCall&) { return Right::read; },
                          [](const EventsCall&) { return Right::read; },
                          [](const LogsCall&) { return Right::read; },
                          [](const PlanCall&) { return Right::read; },
                          // Waiting changes nothing.
                          [](const WaitCall&) { return Right::read; },
                          [](const ActCall&) { return Right::change; },
                          [](const ScaleCall&) { return Right::change; },
                          [](const EnableCall&) { return Right::change; },
                          [](const SignalCall&) { return Right::change; },
                          [](const ReloadCall&) { return Right::change; },
                          [](const ApplyCall&) { return Right::change; },
                          [](const UpgradeCall&) { return Right::change; },
                          [](const VersionCall&) { return Right::none; },
                          [](const HealthCall& c) { return c.probe ? Right::read : Right::none; },
                      },
                      call);
}

}  // namespace superd::control
