#include "imported.hpp"

namespace superctl::importing {
namespace {

TEST(SystemdEnvironment, WhatAFileSaysOfAVariableWins) {
    const auto all = translate(
        Format::systemd,
        {file("web.service",
              "[Service]\nExecStart=/bin/web $OPTS\nEnvironment=OPTS=-v 'A=a $b' J={}\n"
              "Environment=HOME=/x Q=1\nEnvironmentFile=-/etc/default/web\nPassEnvironment=Q\n")});
    const auto text = unit_text(all);
    EXPECT_THAT(text, HasSubstr("OPTS = \"${OPTS:--v}\"\nA = \"${A:-a $b}\"\nJ = \"{}\"\n"));
    EXPECT_THAT(text, HasSubstr("HOME = \"/x\"\nQ = \"1\"\n"));
    for (const auto* const name : {"J", "HOME", "Q"}) {
        EXPECT_THAT(notes(all), HasSubstr(std::string{": "} + name + " wins over what Env"));
    }
    EXPECT_EQ(wrong_for_superd(all), "");
    const auto without = translate(
        Format::systemd, {file("a.service", "[Service]\nExecStart=/a\nEnvironment=A=1\n")});
    EXPECT_THAT(unit_text(without), HasSubstr("A = \"1\"\n"));
}

}  // namespace
}  // namespace superctl::importing
