#include "supervisor/template_plan.hpp"

#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

config::Unit shop() {
    config::Unit unit;
    unit.spec.name = "shop";
    unit.hosted = std::make_unique<config::Hosted>();
    unit.hosted->preload = true;
    unit.hosted->module = "/usr/lib/shop.so";
    return unit;
}

TEST(TemplatePlan, OnlyWhatPreloadsHasATemplate) {
    auto unit = shop();
    EXPECT_TRUE(has_template(unit));
    unit.hosted->preload = false;
    EXPECT_FALSE(has_template(unit));
    EXPECT_FALSE(has_template(config::Unit{}));
}

TEST(TemplatePlan, WhatAProcessHasFromItsExecOnMustBeTheSameForAll) {
    auto unit = shop();
    unit.hosted->module += '\0';
    EXPECT_FALSE(has_template(unit)) << "each instance has a module of its own";
    unit = shop();
    unit.launch.directory = std::string{"/srv/\0", 6};
    EXPECT_FALSE(has_template(unit));
    unit = shop();
    unit.launch.ends_with_superd = true;
    EXPECT_FALSE(has_template(unit)) << "the kernel forgets the signal at a fork";
    unit = shop();
    unit.ready = std::make_unique<config::Ready>();
    unit.ready->kind = config::ReadyKind::fd;
    EXPECT_FALSE(has_template(unit)) << "no request can pass that descriptor by its number";
}

TEST(TemplatePlan, TheMarkTellsWhatATemplateIsMadeOf) {
    const auto unit = shop();
    os::SpawnPlan plan;
    plan.argv = {"/lib/superd-worker"};
    plan.env = {"A=1", "SUPERD_RUN=1@x", "SUPERD_SETTINGS=3"};
    const std::string mark = template_mark(unit, plan, "{}");
    EXPECT_EQ(mark.size(), 16u);
    os::SpawnPlan other = plan;
    other.env = {"A=1", "SUPERD_RUN=2@x", "SUPERD_SETTINGS=4"};
    EXPECT_EQ(template_mark(unit, other, "{}"), mark) << "those are each template's own";
    other.env[0] = "A=2";
    EXPECT_NE(template_mark(unit, other, "{}"), mark);
    other = plan;
    other.uid = 7;
    EXPECT_NE(template_mark(unit, other, "{}"), mark);
    other = plan;
    other.directory = "/srv";
    EXPECT_NE(template_mark(unit, other, "{}"), mark);
    EXPECT_NE(template_mark(unit, plan, "{\"config\":1}"), mark);
}

TEST(TemplatePlan, TheMarkChangesWithTheModulesFile) {
    char directory[] = "/tmp/superd-template-XXXXXX";
    ASSERT_NE(::mkdtemp(directory), nullptr);
    auto unit = shop();
    unit.hosted->language = config::Language::python;
    os::SpawnPlan plan;
    plan.directory = directory;
    for (const auto& [module, file] :
         {std::pair<std::string, std::string>{"app:handler", "/app.py"},
          {std::string{directory} + "/x.py:h", "/x.py"}}) {
        unit.hosted->module = module;
        const std::string before = template_mark(unit, plan, "{}");
        std::ofstream{directory + file} << "handler = 1";
        const std::string with = template_mark(unit, plan, "{}");
        EXPECT_NE(with, before) << module;
        EXPECT_EQ(template_mark(unit, plan, "{}"), with) << module;
        std::ofstream{directory + file} << "handler = 1234";
        EXPECT_NE(template_mark(unit, plan, "{}"), with) << module;
        ::unlink((directory + file).c_str());
    }
    ::rmdir(directory);
}

TEST(TemplatePlan, DescriptorsArePassedByTheNamesThatTheirVariablesGive) {
    os::SpawnPlan plan;
    plan.env = {"LISTEN_FDS=2", "LISTEN_FDNAMES=http:shared.count", "SUPERD_SETTINGS=5",
                "SUPERD_PAGE=6"};
    plan.descriptors = {{20, 1}, {21, 2}, {22, 3}, {23, 4}, {24, 5}, {25, 6}};
    std::vector<std::string> told;
    for (const Passed& each : passed_descriptors(plan)) {
        told.push_back(each.name + " " + std::to_string(each.fd));
    }
    EXPECT_THAT(told, ElementsAre("stdout 20", "stderr 21", "listen.http 22",
                                  "listen.shared.count 23", "settings 24", "page 25"));
    EXPECT_THAT(passed_descriptors({}), IsEmpty());
}

TEST(TemplatePlan, TheEnvironmentIsToldWhereItDiffers) {
    const std::vector<std::string> of_template{"PATH=/bin", "N=0", "SUPERD_SERVICE=shop",
                                               "SUPERD_INSTANCE=shop/0", "SUPERD_RUN=99@x"};
    const std::vector<std::string> worker{
        "PATH=/bin",      "N=2",           "SUPERD_SERVICE=shop", "SUPERD_INSTANCE=shop/2",
        "LISTEN_FDS=1",   "SUPERD_PAGE=5", "SUPERD_RUN=7@x",      "LISTEN_FDNAMES=http",
        "WATCHDOG_USEC=1"};
    EXPECT_THAT(environment_difference(worker, of_template),
                ElementsAre("SUPERD_RUN=7@x", "SUPERD_INSTANCE=shop/2", "N=2", "WATCHDOG_USEC=1"));
    const std::vector<std::string> first{"SUPERD_INSTANCE=shop/0", "SUPERD_RUN=7@x"};
    EXPECT_THAT(environment_difference(first, of_template),
                ElementsAre("SUPERD_RUN=7@x", "SUPERD_INSTANCE=shop/0"))
        << "the first lines of what /proc shows, so both are always told";
}

}  // namespace
}  // namespace superd::supervisor
