#include "bus/method.hpp"

#include "bus/interfaces.hpp"
#include "bus/names.hpp"
#include "control/route.hpp"

#include <map>
#include <regex>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace superd::bus {
namespace {

using Signatures = std::map<std::string, std::pair<std::string, std::string>>;

// By method: the arguments' types, in and out, as the description has them.
Signatures described(std::string_view file) {
    Signatures found;
    std::string method;
    const std::regex item{
        R"re(<(method) name="(\w+)"|<arg name="[\w-]+" type="([^"]+)" direction="(\w+)"/>)re"};
    const std::string text{file};
    for (std::sregex_iterator at{text.begin(), text.end(), item}, end; at != end; ++at) {
        if ((*at)[1].matched) {
            method = (*at)[2];
            found[method];
        } else {
            ((*at)[4] == "in" ? found[method].first : found[method].second) += (*at)[3];
        }
    }
    return found;
}

Signatures in_table(std::string_view interface) {
    Signatures found;
    for (const auto& method : methods()) {
        if (method.interface != interface) continue;
        found[std::string{method.member}] = {std::string{method.in}, std::string{method.out}};
    }
    return found;
}

TEST(Methods, AreThoseThatAreDocumented) {
    EXPECT_EQ(in_table(manager_interface), described(manager_xml()));
    EXPECT_EQ(in_table(unit_interface), described(unit_xml()));
}

TEST(Methods, EachLeadsToARequestThatTheApiKnows) {
    for (const auto& method : methods()) {
        if (method.path.empty()) continue;
        control::Request request;
        request.method = method.verb;
        request.target = method.path;
        const auto call = control::route(request);
        if (call) continue;
        EXPECT_EQ(call.error().status, 400u) << method.member;  // Its body is missing.
    }
}

TEST(Methods, AreFoundByTheInterfaceOrWithoutOne) {
    EXPECT_EQ(find_method(unit_interface, "Stop")->interface, unit_interface);
    EXPECT_EQ(find_method(manager_interface, "Stop")->interface, manager_interface);
    EXPECT_NE(find_method(manager_interface, "Subscribe"), nullptr);
    EXPECT_EQ(find_method(unit_interface, "Subscribe"), nullptr);
    EXPECT_EQ(find_method(manager_interface, "Halt"), nullptr);
}

TEST(Introspection, HasTheInterfaceAndTheObjectsBelow) {
    const auto text = introspection(manager_xml(), {"a", "b"});
    EXPECT_NE(text.find("<interface name=\"org.superd.Manager1\">"), text.npos);
    EXPECT_NE(text.find("<interface name=\"org.freedesktop.DBus.Properties\">"), text.npos);
    EXPECT_NE(text.find("<node name=\"b\"/>"), text.npos);
    EXPECT_EQ(introspection({}, {"a"}).find("Properties"), text.npos);
    EXPECT_NE(root_introspection().find("GetManagedObjects"), text.npos);
}

TEST(Names, OfUnitsBecomePathsAndBack) {
    EXPECT_EQ(path_of_unit("my-web"), "/org/superd/unit/my_2dweb");
    for (const auto* const name : {"web", "my-web", "7up", "a.b_c@d", "\u00e9"}) {
        EXPECT_EQ(unit_of_path(path_of_unit(name).c_str()), name);
    }
    EXPECT_FALSE(unit_of_path("/org/superd/unit"));
    EXPECT_FALSE(unit_of_path("/org/superd/manager"));
    EXPECT_FALSE(unit_of_path("/org/superd/unit/a/b"));
}

TEST(Names, OfErrorsTellTheKind) {
    EXPECT_STREQ(error_name(404, "not-found"), "org.superd.Error.NoSuchUnit");
    EXPECT_STREQ(error_name(403, "forbidden"), "org.freedesktop.DBus.Error.AccessDenied");
    EXPECT_STREQ(error_name(403, "interactive"),
                 "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired");
    EXPECT_STREQ(error_name(400, "bad-request"), "org.freedesktop.DBus.Error.InvalidArgs");
    EXPECT_STREQ(error_name(409, "failed"), "org.superd.Error.Failed");
    EXPECT_STREQ(error_name(504, ""), "org.superd.Error.Timeout");
    EXPECT_STREQ(error_name(500, "internal"), "org.superd.Error.Internal");
}

}  // namespace
}  // namespace superd::bus
