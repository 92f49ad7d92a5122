// What plan, reload and apply print.
#pragma once

#include "ctl/command.hpp"
#include "wire/status.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace superctl {

// Asks with `method` at `path` and prints the plan. `restarted` is given the
// names of the units that are restarted by it.
ExitCode show_changes(const Invocation& invocation, std::string_view method, std::string_view path,
                      std::vector<std::string>* restarted = nullptr);

// A line a change; what still waits for `superctl apply` says so after a reload.
std::string render_plan(const superd::wire::Plan& plan, bool after_reload);

}  // namespace superctl
