// The reference of keys that both manual pages have.
#pragma once

#include "config/schema.hpp"

#include <string>
#include <string_view>

namespace superd::config {

// Text for troff: what it would take for a command or a hyphen is escaped.
std::string escaped(std::string_view text);

// Likewise, but for lines that begin with .PP: there begins a paragraph.
std::string paragraphs(std::string_view text);

// The page with no line of its text longer than 80 characters; requests and
// what is between .nf and .fi stay as they are.
std::string wrapped(std::string_view page);

// One key: its form, meaning, default, example, and when a change applies.
std::string key_reference(const Key& key, std::string_view required);

// Every key of a section: its form, meaning, default, example, and when a change applies.
std::string section_reference(const Schema& schema, std::string_view section);

// What [hooks] does, above its keys.
std::string hooks_manual();

}  // namespace superd::config
