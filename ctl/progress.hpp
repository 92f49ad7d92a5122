// One line on the terminal that tells what is being waited for.
#pragma once

#include <string>
#include <string_view>

namespace superctl {

class Progress {
public:
    // `goal`: "ready".
    explicit Progress(std::string_view goal) : goal_{goal} {}

    // Takes the whole lines off the front of `body`: events are shown, the
    // last line is the command's outcome and kept.
    void take(std::string& body);
    // Leaves the terminal's line empty.
    void clear();

    const std::string& last_line() const { return last_line_; }

    // "web is starting: awaiting ready"; empty for an event that tells nothing new.
    static std::string sentence(std::string_view event_line);

private:
    void show(const std::string& sentence);

    std::string goal_;
    std::string last_line_;
    bool shown_ = false;
};

}  // namespace superctl
