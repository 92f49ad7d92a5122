// Whether a descriptor leads to systemd's journal.
#pragma once

#include <string_view>

namespace superd::os {

// As $JOURNAL_STREAM says: "DEVICE:INODE" of the standard output or error that systemd made.
bool is_journal_stream(int descriptor);
bool is_journal_stream(int descriptor, std::string_view variable);

}  // namespace superd::os
