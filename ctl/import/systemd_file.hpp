// Unit files of systemd as text: systemd.syntax(7).
#pragma once

#include "ctl/import/draft.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace superctl::importing {

struct Assignment {
    std::string section, key, value;
    Place place;
};

// The assignments of a file, in order, with continued lines joined. What is neither an assignment
// nor a section nor a comment is told of.
std::vector<Assignment> parse_systemd_file(const InputFile& file, std::vector<Note>& notes);

// A unit's file with its drop-ins, as assignments to ask for. What was asked for is not left over.
class SystemdUnit {
public:
    SystemdUnit(std::string name, std::string file)
        : name_{std::move(name)}, file_{std::move(file)} {}

    void add(std::vector<Assignment> more);

    const std::string& name() const { return name_; }  // "web@blue.service"
    const std::string& file() const { return file_; }

    // The last value, or null; an empty one takes back all before it.
    const Assignment* last(std::string_view section, std::string_view key) const;
    // All values since the last empty one.
    std::vector<const Assignment*> all(std::string_view section, std::string_view key) const;
    bool has_section(std::string_view section) const;
    // Assignments that nobody has asked for, in order.
    std::vector<const Assignment*> left_over() const;

private:
    std::string name_, file_;
    std::vector<Assignment> assignments_;
    mutable std::set<std::pair<std::string, std::string>, std::less<>> asked_;
};

// The words of a value that is quoted as systemd.syntax(7) says, with C escapes undone. A word that
// cannot be understood (a quote without its end, an unknown escape) is told of in `problem`.
std::vector<std::string> split_quoted(std::string_view text, std::string& problem);

// Of "web@blue.service": "web@blue" and "service", "web", "blue".
struct SystemdName {
    std::string whole, stem, suffix, prefix, instance;
    bool is_template = false;  // "web@.service"
};
SystemdName parse_systemd_name(std::string_view name);

// Whose drop-ins are the unit's, too, the nearest first: "a-b@x.service", "a-b@.service",
// "a-.service" and "service", in whose directories, with a ".d", systemd looks for them.
std::vector<std::string> systemd_drop_in_owners(const SystemdName& name);

// Replaces the specifiers of systemd.unit(5) that mean the same wherever the unit runs. One that
// does not, or is unknown, is left and told of in `problem`.
std::string replace_specifiers(std::string_view text, const SystemdName& name,
                               std::string& problem);

}  // namespace superctl::importing
