// What superd is to replace, in text that is yet to be split into words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace superctl::importing {

// supervisord and compose replace variables before they look for quotes and words, superd when a
// unit is started: until the words are known a mark stands for each reference, so that no blank or
// quote of a default, and no $ of the text's own, is taken for something else.
class References {
public:
    // What stands for `reference`, "${HOME:-}", in the text.
    std::string mark(std::string reference);
    // As superd reads it: each mark is its reference, and each "${" of the text's own "$${".
    std::string resolved(std::string_view text) const;
    // A word of `text` that is one mark and in no quotes there: supervisord and compose, which
    // replace it before they split, would make several words of a value with blanks.
    bool may_split(std::string_view word, std::string_view text) const;
    // Of a mark: no blank, no quote, nothing that a word could end with.
    static bool is_part_of_mark(char c) { return c == first || c == last; }

private:
    // No text that people write has these; one that has gets a reference of its own, no harm.
    static constexpr char first = '\x01', last = '\x02';

    // At the beginning of `text`: its number, and how long the mark is; 0 long: there is none.
    struct Mark {
        std::size_t number = 0, length = 0;
    };
    Mark mark_in(std::string_view text) const;

    std::vector<std::string> all_;
};

// Of a program's path, with ${NAME} as superd has it: whether it is one below a directory that is
// not said, "bin/run". A name without a slash is looked up in PATH; of one that begins with a
// variable only that variable knows.
bool is_relative_path(std::string_view path);

}  // namespace superctl::importing
