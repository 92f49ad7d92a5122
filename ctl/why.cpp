#include "ctl/why.hpp"

#include "ctl/why_words.hpp"

#include <algorithm>
#include <vector>

namespace superctl {

namespace {

namespace wire = superd::wire;

// One paragraph: a headline, and what is said below it.
struct Paragraph {
    std::string headline;
    std::vector<std::string> below;
    std::vector<std::string> lines;  // That the unit itself wrote.
};

// One explanation at work.
class Teller {
public:
    Teller(const wire::Link& link, const wire::Link* next, std::int64_t now_ns)
        : link_{link}, next_{next}, now_ns_{now_ns}, name_{name_of(link)} {}

    Paragraph tell() {
        const auto& state = link_.state;
        if (state == "waiting") waiting();
        if (state == "starting") link_.frozen_since ? frozen() : starting();
        if (state == "ready") ready();
        if (state == "stopping") stopping();
        if (state == "backoff") backoff();
        if (state == "failed") failed();
        if (state == "inactive") inactive();
        if (state == "completed") completed();
        if (told_.headline.empty()) told_.headline = name_ + " is " + state + ": " + link_.text;
        if (link_.other_run) replacement(*link_.other_run);
        if (!link_.schedule.empty()) timer();
        told_.headline = printable(told_.headline + ".");
        return std::move(told_);
    }

private:
    std::string since() const { return since_text(link_.since, now_ns_); }
    void below(std::string sentence) {
        if (!sentence.empty()) told_.below.push_back(std::move(sentence));
    }
    // How the last run ended, and what it wrote before.
    void death() {
        below(last_death(link_, now_ns_));
        if (link_.deaths.empty()) return;
        const auto& stack = link_.deaths.back().stack;
        constexpr std::size_t frames_max = 3;
        std::string where;
        for (std::size_t i = 0; i < std::min(frames_max, stack.size()); ++i) {
            where += (i == 0 ? "" : ", called by ") + printable(stack[i]);
        }
        if (!where.empty()) below("It was in " + where + ".");
        const auto& all = link_.deaths.back().lines;
        constexpr std::ptrdiff_t lines_max = 5;
        const auto count = std::min(lines_max, std::ssize(all));
        told_.lines.assign(all.end() - count, all.end());
    }

    void timer() {
        const auto name = "Its timer (" + printable(link_.schedule) + ")";
        if (!link_.next_run) return below(name + " is suspended.");
        below(name + " runs it next at " + clock_time(*link_.next_run, now_ns_) + ", " +
              until_text(*link_.next_run, now_ns_) + ".");
    }

    // The higher number is the newer run: until it is ready, the one in place stays.
    void replacement(const wire::OtherRun& other) {
        const auto run = "Run " + std::to_string(other.run) +
                         (other.pid ? ", pid " + std::to_string(*other.pid) + "," : "");
        const auto state = printable(other.reason);
        if (other.run < link_.run) {
            return below(run + " is " + printable(other.state) + ": " + state + ".");
        }
        below(run + " is to take its place once it is ready: " + state + ".");
        below("Should that one fail, this one stays.");
    }

    void asleep() {
        told_.headline = name_ + " is asleep until a connection comes, " + since();
        below("superd holds its listeners: the first connection starts it, and waits meanwhile.");
        if (!link_.deaths.empty()) below(last_death(link_, now_ns_));
    }

    void waiting() {
        if (link_.reason == "demand") return asleep();
        auto text = name_ + " is waiting";
        if (next_ != nullptr && next_->because == "group-wait") {
            told_.headline = text + " for " + name_of(*next_) + " to be down, " + since();
            below("Its group " + printable(next_->via) +
                  " starts again together, once all that must are down.");
            return link_.because == "group-restart" ? death() : void();
        }
        if (next_ == nullptr) {
            const bool with_group = link_.because == "group-restart";
            told_.headline =
                text + (with_group ? " to be started again with the others of its group"
                                   : " to be started at any moment");
            return with_group ? death() : void();
        }
        const auto other = name_of(*next_);
        text += " for " + other + " to be " + next_->until;
        if (next_->until == "started") text = name_ + " is waiting for " + other + " to start";
        told_.headline = text + ", " + since();
        if (next_->order_only) {
            below(name_ + " does not need " + other + ", it is only ordered after it.");
        } else {
            below(name_ + " starts by itself once " + other +
                  (next_->until == "started" ? " has started." : " is " + next_->until + "."));
        }
    }

    void starting() {
        told_.headline = name_ + " is starting " + since();
        if (link_.type == "group") {
            told_.headline += ": not all of its members are up";
            return;
        }
        if (!link_.hook.empty()) {
            told_.headline += ": " + hook_at_work(link_, now_ns_);
            below(link_.hook == "pre-start" ? "Its process is started once the hook has succeeded."
                                            : "It is ready once the hook has succeeded.");
        } else if (link_.reason == "running") {
            told_.headline += ": it runs to its end, as pid " + pid();
        } else if (link_.reason == "awaiting-ready") {
            told_.headline += ": it runs, as pid " + pid() + ", and is not ready yet";
            if (!link_.probe.empty()) below("Asked so far: " + printable(link_.probe) + ".");
            if (link_.due) {
                below("If it is not ready " + until_text(*link_.due, now_ns_) +
                      ", it counts as failed (ready.timeout).");
            }
        }
        said();
        if (link_.restarts > 0) death();
    }

    void frozen() {
        told_.headline = name_ + " runs, but is frozen " + since_text(*link_.frozen_since, now_ns_);
        if (const auto who = who_asked(link_, "freeze", now_ns_); !who.empty()) below(who + ".");
        below("Nothing is expected of it until `superctl thaw " + link_.unit + "`.");
    }
    void ready() {
        told_.headline = name_ + " is ready " + since();
        if (link_.superd_stops || link_.goal == "down") {
            told_.headline = name_ + " is to be stopped, and still runs for those that need it";
            return stop_cause();
        }
        if (link_.frozen_since) return frozen();
        constexpr std::string_view degraded = "degraded: ", stalls = "stalls: ";
        if (link_.sick.starts_with(degraded)) {
            told_.headline = name_ + " is ready " + since() + ", but not well";
            below("Its check fails: " + printable(link_.sick.substr(degraded.size())) + ".");
            below("The check's on-failure is \"degrade\": it runs on, and nobody ends it.");
        } else if (link_.sick.starts_with(stalls)) {
            told_.headline = name_ + " is ready " + since() + ", but gives no sign of life";
            below("It stalls: " + printable(link_.sick.substr(stalls.size())) + ".");
            if (link_.text.find("to be replaced") != link_.text.npos) {
                below("Another worker is to take its place, as on-stall says.");
            }
        } else if (link_.type == "group") {
            told_.headline += ": all its members are up";
        } else if (link_.pid) {
            told_.headline += ", as pid " + pid();
        }
        said();
        if (link_.restarts > 0) {
            below("It was started again " + times(link_.restarts) +
                  " since it was last wanted up.");
            death();
        }
    }

    void stopping() {
        told_.headline = name_ + " is stopping " + since();
        stop_cause();
        if (!link_.sick.empty())
            below("superd ends it, as it is not well: " + printable(link_.sick) + ".");
        if (link_.reason == "ready-timeout") below("superd ends it, as it was not ready in time.");
        if (link_.reason == "restart-requested" || link_.reason == "group-restart") {
            below("It starts again when it is down.");
        }
        if (!link_.hook.empty()) {
            below("Now " + hook_at_work(link_, now_ns_) + ".");
            if (link_.hook == "pre-stop") below("Only then is it told to stop.");
        }
        const bool main_gone = !link_.pid && link_.run != 0;
        if (main_gone && !link_.left.empty()) {
            below("Its main process is gone, but not all that it started: " + joined(link_.left) +
                  ".");
        } else if (!link_.left.empty()) {
            below("Its processes: " + joined(link_.left) + ".");
        }
        if (!link_.signal.empty() && link_.due) {
            below(link_.signal + " was sent; the next step of [stop] comes " +
                  until_text(*link_.due, now_ns_) + ".");
        }
    }

    void backoff() {
        told_.headline =
            name_ + " is down and is tried again " +
            (link_.due ? until_text(*link_.due, now_ns_) + ", at " + clock_time(*link_.due, now_ns_)
                       : "soon") +
            ": retry " + std::to_string(link_.restarts);
        cause_of_failure();
        if (link_.limited) {
            below("It was tried as often as restart.limit = \"" + link_.limit +
                  "\" allows; so the next try waits until there is room for it.");
        }
    }

    void failed() {
        told_.headline = name_ + " has failed and stays down, " + since();
        if (link_.type == "group") {
            if (link_.reason == "members") return below("Not all of its members are up.");
            return below("Its members failed more often than its intensity = \"" + link_.limit +
                         "\" allows.");
        }
        cause_of_failure();
        if (link_.limited) {
            below("It was started again as often as restart.limit = \"" + link_.limit +
                  "\" allows, and on-limit = \"" + link_.on_limit + "\" gives up then.");
        } else if (link_.reason == "no-restart") {
            below("Its restart rules (restart.policy = \"" + link_.policy +
                  "\") do not start it again after that.");
        } else if (link_.reason == "check-stopped") {
            below("The check's on-failure is \"stop\": it is not started again.");
        } else if (link_.reason == "group") {
            below("That was once too often for its group " + printable(link_.group) + ".");
        }
    }

    void inactive() {
        if (link_.reason == "scheduled") {
            told_.headline = name_ + " has not run yet, and is not due";
            return;
        }
        if (link_.reason == "not-started") {
            told_.headline = name_ + " was never started";
            if (!link_.schedule.empty()) return;
            return below("Its goal is down: it is not started with superd, and nobody has asked.");
        }
        if (link_.reason == "exited") {
            told_.headline = name_ + " has ended by itself, " + since();
            death();
            return below("Its restart rules (restart.policy = \"" + link_.policy +
                         "\") do not start it again after that.");
        }
        told_.headline = name_ + " is down " + since();
        stop_cause();
    }

    void completed() {
        told_.headline = name_ + " is done " + since() + ": that is how it should be";
        if (link_.reason == "significant") {
            told_.headline = name_ + " is done " + since() + ": a significant member has ended";
            return;
        }
        death();
    }

    // Why it was not left running.
    void stop_cause() {
        const auto& reason = link_.reason;
        if (link_.superd_stops) {
            const bool essential = next_ != nullptr && next_->because == "essential";
            return below(essential ? "superd stops everything, as " + name_of(*next_) +
                                         ", which is essential, is lost."
                                   : "superd stops, and everything with it.");
        }
        if (reason == "removed") return below("It left the configuration.");
        if (reason == "group" && next_ != nullptr) {
            return below("Its group " + name_of(*next_) + " has ended.");
        }
        if (reason == "dependency" && next_ != nullptr) {
            return below("It needs " + name_of(*next_) + ", which is lost.");
        }
        if (reason == "group-restart" && next_ != nullptr) {
            return below("Its group " + printable(next_->via) + " is started again, as " +
                         name_of(*next_) + " has ended.");
        }
        if (reason == "overrun") return below("Its next run is due, and its overlap is \"kill\".");
        if (reason == "restart-requested") return asked("restart");
        if (reason == "stopped" || link_.goal == "down") return asked("stop");
    }

    void asked(std::string_view action) {
        auto who = who_asked(link_, action, now_ns_);
        if (!who.empty()) return below(std::move(who) + ".");
        if (action == "stop") below("It is stopped, as its goal is down.");
    }

    void cause_of_failure() {
        if (link_.reason == "spawn-failed" && !link_.error.empty()) {
            return below("It cannot be started: " + printable(link_.error) + ".");
        }
        if (link_.reason == "pre-start-failed") {
            return below("It could not be started: its " + printable(link_.error) + ".");
        }
        if (link_.reason == "post-start-failed") {
            below("It ran, but its " + printable(link_.error) + ".");
        }
        if (link_.reason == "ready-timeout") below("It was not ready in time (ready.timeout).");
        death();
    }

    void said() {
        if (!link_.said.empty()) below("It says of itself: \"" + printable(link_.said) + "\".");
    }
    std::string pid() const { return link_.pid ? std::to_string(*link_.pid) : "?"; }
    static std::string times(std::uint32_t count) {
        return count == 1 ? "once" : std::to_string(count) + " times";
    }
    static std::string joined(const std::vector<std::string>& texts) {
        std::string out;
        for (const auto& text : texts) out += (out.empty() ? "" : ", ") + printable(text);
        return out;
    }

    const wire::Link& link_;
    const wire::Link* next_;
    std::int64_t now_ns_;
    std::string name_;
    Paragraph told_;
};

// What an operator may do about the root, a command and what it does.
std::vector<std::pair<std::string, std::string>> advice(const std::vector<wire::Link>& chain) {
    std::vector<std::pair<std::string, std::string>> out;
    const auto& root = chain.back();
    const auto name = name_of(root);
    const auto suggest = [&](std::string_view verb, std::string text) {
        out.emplace_back("superctl " + std::string{verb} + " " + name, std::move(text));
    };
    if (root.superd_stops) return out;
    // A member alone cannot come back while its group has ended.
    const auto ended = std::ranges::find(chain, "group-limit", &wire::Link::reason);
    if (ended != chain.end()) {
        suggest("logs", "shows more of what it wrote");
        out.emplace_back("superctl start " + name_of(*ended), "starts all of the group again");
        return out;
    }
    const bool ran = !root.deaths.empty() || root.pid.has_value();
    const auto& state = root.state;
    if (state == "failed" && root.reason == "spawn-failed") {
        out.emplace_back("superctl apply", "once its unit file or the program is mended");
        suggest("reset", "tries again as it is");
    } else if (state == "failed" || (state == "inactive" && root.reason == "exited")) {
        if (ran) suggest("logs", "shows more of what it wrote");
        // A reset forgets the failure; what has a timer is then started when it is due.
        const bool timed = !root.schedule.empty();
        suggest(state == "failed" && !timed ? "reset" : "start",
                timed ? "runs it at once" : "starts it again");
    } else if (root.reason == "demand") {
        suggest("start", "starts it without waiting for one");
    } else if (state == "backoff") {
        if (ran) suggest("logs", "shows more of what it wrote");
        suggest("reset", "tries at once");
        suggest("stop", "ends the tries");
    } else if (state == "inactive") {
        suggest("start", root.schedule.empty() ? "starts it" : "runs it at once");
    } else if (state == "stopping" && !root.left.empty()) {
        suggest("signal --tree KILL", "ends what is left at once");
    } else if (state == "starting" || (state == "ready" && !root.sick.empty())) {
        suggest("logs", "shows what it writes");
    } else if (state == "completed") {
        suggest("start", "runs it again");
    }
    return out;
}

}  // namespace

std::string render_why(const wire::Explanation& explanation, const Style& style,
                       std::int64_t now_ns) {
    const auto& chain = explanation.chain;
    if (chain.empty()) return {};
    std::string out;
    for (std::size_t i = 0; i < chain.size(); ++i) {
        const auto* const next = i + 1 < chain.size() ? &chain[i + 1] : nullptr;
        const auto told = Teller{chain[i], next, now_ns}.tell();
        const auto name = name_of(chain[i]);
        out += style.state(chain[i].state, name) + told.headline.substr(name.size()) + "\n";
        for (const auto& sentence : told.below) out += "  " + printable(sentence) + "\n";
        if (!told.lines.empty()) out += "  The last that it wrote:\n";
        for (const auto& line : told.lines) out += "    " + printable(line) + "\n";
    }
    for (const auto& [command, text] : advice(chain)) {
        out += "→ " + style.bold(command) + "  # " + text + "\n";
    }
    return out;
}

}  // namespace superctl
