// Answers to "why?".
#include "os/file.hpp"
#include "supervisor/explain.hpp"
#include "supervisor/moment.hpp"
#include "supervisor/selectors.hpp"
#include "supervisor/supervisor.hpp"

#include <string>

namespace superd::supervisor {
namespace {

constexpr std::size_t named_max = 10;

// "4711 sleep"; empty for one that is gone.
std::string process_text(pid_t pid) {
    auto name = os::read_file("/proc/" + std::to_string(pid) + "/comm", 256);
    if (!name) return {};
    while (name->ends_with('\n')) name->pop_back();
    return std::to_string(pid) + " " + *name;
}

}  // namespace

wire::Explanations Supervisor::why(const std::vector<Target>& targets) const {
    const Explainer explainer{system_, table_, history_, watch_, {now(), os::realtime_now()}};
    wire::Explanations explanations;
    for (const Target& target : targets) {
        for (const auto id : instances_of(system_, target)) {
            auto& chain = explanations.all.emplace_back(explainer.explain(id)).chain;
            for (wire::Link& link : chain) {
                const core::InstanceId each{system_.find(link.unit)->id, link.index};
                const core::Instance& instance = *system_.find(each);
                if (instance.state != core::State::stopping || instance.run == 0) continue;
                for (const pid_t pid : trees_->processes(subject(each, instance.run))) {
                    const std::string text = process_text(pid);
                    if (!text.empty() && link.left.size() < named_max) link.left.push_back(text);
                }
            }
        }
    }
    return explanations;
}

}  // namespace superd::supervisor
