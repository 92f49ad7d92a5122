// What checks found out and services say of themselves: whom it is about.
#include "core/stepper.hpp"

namespace superd::core {

void Stepper::heed(const CheckPassed& event) {
    Instance* const i = instance(event.instance, event.run);
    if (i != nullptr) check_told(*unit(event.instance.unit), *i, event.check, nullptr);
}

void Stepper::heed(const CheckFailed& event) {
    Instance* const i = instance(event.instance, event.run);
    if (i != nullptr) check_told(*unit(event.instance.unit), *i, event.check, &event.problem);
}

void Stepper::heed(const WatchdogTold& event) {
    Instance* const i = instance(event.instance, event.run);
    if (i != nullptr) watchdog_told(*unit(event.instance.unit), *i, event);
}

void Stepper::heed(const ServiceAnnounced& event) {
    Instance* const i = instance(event.instance, event.run);
    if (i != nullptr) announced(*unit(event.instance.unit), *i, event.what);
}

void Stepper::heed(const TimeoutExtended& event) {
    Instance* const i = instance(event.instance, event.run);
    if (i != nullptr) extend(*unit(event.instance.unit), *i, event.by);
}

void Stepper::heed(const MainChanged& event) {
    Instance* const i = instance(event.instance, event.run);
    if (i == nullptr || i->pid == 0 || i->pid == event.pid || event.pid <= 0) return;
    i->pid = event.pid;
    changed(*unit(event.instance.unit), *i);
}

}  // namespace superd::core
