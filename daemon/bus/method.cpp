#include "bus/method.hpp"

#include "bus/names.hpp"

#include <algorithm>

namespace superd::bus {

namespace {

using enum Arg::Form;
using enum Reply;

constexpr const char* manager = manager_interface;
constexpr const char* unit = unit_interface;
constexpr Arg names{units, "units"}, asked{units, "unit"}, more{options, ""};
constexpr const char* outcome_list = "a(sisss)";
constexpr const char* row_list = "a(sssuuuudso)";

constexpr std::array table{
    // Looking.
    Method{manager, "ListUnits", "as", row_list, "GET", "/v1/summary", true, {asked}, rows},
    Method{manager, "GetUnit", "s", "o", "", ""},
    Method{manager, "Status", "asa{sv}", "s", "GET", "/v1/status", true, {asked, more}, text},
    Method{manager, "Tree", "as", "s", "GET", "/v1/graph", true, {asked}, text},
    Method{manager, "Why", "as", "s", "GET", "/v1/why", true, {asked}, text},
    Method{manager, "Tasks", "as", "s", "GET", "/v1/tasks", true, {asked}, text},
    Method{manager, "Threads", "asa{sv}", "s", "GET", "/v1/threads", true, {asked, more}, text},
    Method{manager, "Events", "asa{sv}", "as", "GET", "/v1/events", true, {asked, more}, lines},
    Method{manager, "Plan", "", "s", "GET", "/v1/plan", true, {}, text},
    Method{manager, "Parts", "", "a(sussb)", "GET", "/v1/version", true, {}, parts},
    Method{manager,
           "Health",
           "sas",
           "s",
           "GET",
           "/v1/health",
           true,
           {Arg{Arg::Form::word, "probe"}, asked},
           text},
    Method{manager,
           "Wait",
           "assa{sv}",
           outcome_list,
           "POST",
           "/v1/wait",
           false,
           {names, Arg{Arg::Form::word, "until"}, more},
           outcomes},
    Method{manager, "Subscribe", "", "", "", ""},
    Method{manager, "Unsubscribe", "", "", "", ""},
    Method{manager, "OpenControl", "", "h", "", ""},
    // Changing.
    Method{manager,
           "Start",
           "asa{sv}",
           outcome_list,
           "POST",
           "/v1/start",
           false,
           {names, more},
           outcomes},
    Method{manager,
           "Stop",
           "asa{sv}",
           outcome_list,
           "POST",
           "/v1/stop",
           false,
           {names, more},
           outcomes},
    Method{manager,
           "Restart",
           "asa{sv}",
           outcome_list,
           "POST",
           "/v1/restart",
           false,
           {names, more},
           outcomes},
    Method{manager,
           "Reset",
           "asa{sv}",
           outcome_list,
           "POST",
           "/v1/reset",
           false,
           {names, more},
           outcomes},
    Method{manager,
           "Freeze",
           "asa{sv}",
           outcome_list,
           "POST",
           "/v1/freeze",
           false,
           {names, more},
           outcomes},
    Method{manager,
           "Thaw",
           "asa{sv}",
           outcome_list,
           "POST",
           "/v1/thaw",
           false,
           {names, more},
           outcomes},
    Method{manager,
           "Scale",
           "a{ss}a{sv}",
           outcome_list,
           "POST",
           "/v1/scale",
           false,
           {Arg{counts, "instances"}, more},
           outcomes},
    Method{
        manager, "Enable", "asa{sv}", "a(sb)", "POST", "/v1/enable", false, {names, more}, enabled},
    Method{manager,
           "Disable",
           "asa{sv}",
           "a(sb)",
           "POST",
           "/v1/disable",
           false,
           {names, more},
           enabled},
    Method{manager,
           "Signal",
           "assa{sv}",
           "",
           "POST",
           "/v1/signal",
           false,
           {names, Arg{Arg::Form::word, "signal"}, more},
           nothing},
    Method{manager, "Reload", "", "s", "POST", "/v1/reload", true, {}, text},
    Method{manager, "Apply", "a{sv}", "s", "POST", "/v1/apply", true, {more}, text},
    Method{manager, "Upgrade", "", "", "POST", "/v1/upgrade", true, {}, nothing},
    // The same of one unit.
    Method{unit, "Status", "a{sv}", "s", "GET", "/v1/status", true, {more}, text},
    Method{unit, "Why", "", "s", "GET", "/v1/why", true, {}, text},
    Method{unit,
           "Wait",
           "sa{sv}",
           "",
           "POST",
           "/v1/wait",
           false,
           {Arg{Arg::Form::word, "until"}, more},
           done},
    Method{unit, "Start", "a{sv}", "", "POST", "/v1/start", false, {more}, done},
    Method{unit, "Stop", "a{sv}", "", "POST", "/v1/stop", false, {more}, done},
    Method{unit, "Restart", "a{sv}", "", "POST", "/v1/restart", false, {more}, done},
    Method{unit, "Reset", "a{sv}", "", "POST", "/v1/reset", false, {more}, done},
    Method{unit, "Freeze", "a{sv}", "", "POST", "/v1/freeze", false, {more}, done},
    Method{unit, "Thaw", "a{sv}", "", "POST", "/v1/thaw", false, {more}, done},
    Method{unit,
           "Scale",
           "sa{sv}",
           "",
           "POST",
           "/v1/scale",
           false,
           {Arg{count, "instances"}, more},
           done},
    Method{unit, "Enable", "a{sv}", "", "POST", "/v1/enable", false, {more}, nothing},
    Method{unit, "Disable", "a{sv}", "", "POST", "/v1/disable", false, {more}, nothing},
    Method{unit,
           "Signal",
           "sa{sv}",
           "",
           "POST",
           "/v1/signal",
           false,
           {Arg{Arg::Form::word, "signal"}, more},
           nothing},
};

}  // namespace

std::span<const Method> methods() { return table; }

const Method* find_method(std::string_view interface, std::string_view member) {
    const auto found = std::ranges::find_if(table, [&](const Method& one) {
        return one.member == member && one.interface == interface;
    });
    return found == table.end() ? nullptr : &*found;
}

}  // namespace superd::bus
