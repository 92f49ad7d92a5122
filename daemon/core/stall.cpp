#include "core/stall.hpp"

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace superd::core {

namespace {

constexpr std::size_t told_max = 6;  // Silences of one worker in a minute.
constexpr Duration told_window = std::chrono::minutes{1};
constexpr Duration act_again = std::chrono::minutes{1};
constexpr Duration look_min = std::chrono::milliseconds{50}, look_max = std::chrono::seconds{1};

double share(Duration before, Duration after, Duration between) {
    if (between.count() <= 0 || after < before) return 0;
    return std::chrono::duration<double>(after - before) / std::chrono::duration<double>(between);
}

bool one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::ranges::find(words, word) != words.end();
}

StallCause cause_of_sleep(const ThreadFacts& facts) {
    if (facts.call == "futex" || facts.channel.starts_with("futex")) return StallCause::lock;
    if (one_of(facts.call, {"flock", "semtimedop"})) return StallCause::lock;
    if (one_of(facts.call, {"epoll_wait", "epoll_pwait", "epoll_pwait2"}) ||
        facts.channel == "ep_poll") {
        return StallCause::events;
    }
    if (!facts.call.empty() || !facts.channel.empty()) return StallCause::call;
    return StallCause::unknown;
}

// The function that freezes has become a part of get_signal, in which a thread sleeps for no other
// reason: one that is stopped shows 'T' there.
bool stands_frozen(const ThreadFacts& facts) {
    return facts.channel.contains("freezer") ||
           (facts.state == 'S' && facts.channel == "get_signal");
}

// Who is held by somebody who knows what he does is not to be ended for it.
bool excused(StallCause cause) {
    return cause == StallCause::traced || cause == StallCause::frozen;
}

StallTurn recovered(const SlotSample& sample, Duration after) {
    StallTurn turn{.kind = StallTurn::Kind::recovered, .sample = sample};
    turn.lasted = after;
    return turn;
}

}  // namespace

StallCause judge_cause(const ThreadFacts& before, const ThreadFacts& after, Duration between) {
    if (after.state == 't') return StallCause::traced;
    if (after.state == 'T') return StallCause::stopped;
    if (stands_frozen(after)) return StallCause::frozen;
    const double ran = share(before.ran, after.ran, between);
    const double waited = share(before.waited, after.waited, between);
    // It was in need of a processor for most of the time: had it one?
    if (ran + waited >= 0.5) return waited > ran ? StallCause::starved : StallCause::computing;
    if (after.state == 'R') return StallCause::computing;
    if (after.state == 'D') return StallCause::disk;
    return cause_of_sleep(after);
}

void StallWatch::away(Instant now) {
    since_ = now;
    suspects_.clear();
    first_beats_.clear();
}

// From when on it gave no sign of life; the far future for who owes none.
Instant StallWatch::quiet_since(const SlotSample& sample) {
    const Instant sign = std::max({sample.beat, sample.busy, since_});
    const bool idle = sample.busy == Instant{};
    switch (sample.kind) {
        case SlotKind::loop: return sign;
        case SlotKind::thread: break;
        case SlotKind::process: {
            if (!idle || sample.done != 0 || sample.beat == Instant{}) break;
            // One that beat a single time has perhaps said no more than that it is there.
            const auto [first, added] = first_beats_.try_emplace(sample.slot, sample.beat);
            if (!added && first->second != sample.beat) return sign;
        }
    }
    return idle ? Instant::max() : sign;
}

bool StallWatch::suspicious(const StallRule& rule, const SlotSample& sample, Instant now) {
    const Instant quiet = quiet_since(sample);
    const Duration limit = rule.warn.count() > 0 ? rule.warn : rule.timeout;
    if (limit.count() > 0 && quiet <= now && now - quiet >= limit / 2) return true;
    if (rule.task_timeout.count() == 0 || sample.kind == SlotKind::loop) return false;
    return sample.busy != Instant{} && now - std::max(sample.busy, since_) >= rule.task_timeout / 2;
}

// True if what is suspected now is what was before; it may have given a sign of life in between.
bool StallWatch::continues(Suspect& before, const SlotSample& sample,
                           std::vector<StallTurn>& turns) {
    if (before.sample.tid != sample.tid || before.sample.busy != sample.busy) return false;
    const Instant quiet = quiet_since(sample);
    if (before.quiet_since == quiet) return true;
    // A loop that beats is well. A task that goes on for long may beat within it.
    if (sample.kind == SlotKind::loop) return false;
    if (before.silent && before.told)
        turns.push_back(recovered(before.sample, quiet - before.quiet_since));
    before.waited_before += before.last.waited - before.first.waited;
    before.first = before.last;
    before.first_at = before.quiet_since = quiet;
    before.silent = before.stalled = false;
    before.told = before.overdue;
    return true;
}

std::vector<StallTurn> StallWatch::look(const StallRule& rule, std::span<const SlotSample> samples,
                                        Instant now, std::vector<SlotSample>& suspects) {
    std::vector<StallTurn> turns;
    std::map<std::uint32_t, Suspect> still;
    for (const SlotSample& sample : samples) {
        if (!suspicious(rule, sample, now)) continue;
        suspects.push_back(sample);
        const auto known = suspects_.find(sample.slot);
        if (known != suspects_.end() && continues(known->second, sample, turns)) {
            still.insert(suspects_.extract(known));
        } else {
            still.emplace(sample.slot,
                          Suspect{.sample = sample, .quiet_since = quiet_since(sample)});
        }
    }
    // What is left of those from before is well.
    for (const auto& [slot, suspect] : suspects_) {
        if (suspect.told) turns.push_back(recovered(suspect.sample, now - suspect.quiet_since));
    }
    suspects_ = std::move(still);
    return turns;
}

StallTurn StallWatch::turn_of(const Suspect& suspect, const SlotLook& look, Instant now) const {
    StallTurn turn{.sample = look.sample, .facts = look.facts, .task = look.task};
    turn.lasted = now - suspect.quiet_since;
    const Duration between = now - suspect.first_at;
    turn.cause = judge_cause(suspect.first, look.facts, between);
    turn.cpu = share(suspect.first.ran, look.facts.ran, between);
    turn.wait = share(suspect.first.waited, look.facts.waited, between);
    return turn;
}

std::vector<StallTurn> StallWatch::judge(const StallRule& rule, std::span<const SlotLook> looks,
                                         Instant now) {
    std::vector<StallTurn> turns;
    for (const SlotLook& look : looks) {
        const auto found = suspects_.find(look.sample.slot);
        if (found == suspects_.end()) continue;
        Suspect& suspect = found->second;
        suspect.last = look.facts;
        if (!suspect.looked) {
            // Two looks make a judgement; the next one comes well before the first verdict.
            suspect.looked = true;
            suspect.first_at = now;
            suspect.first = look.facts;
            continue;
        }
        const StallTurn turn = turn_of(suspect, look, now);
        judge_silence(rule, suspect, turn, turns, now);
        judge_task(rule, suspect, turn, turns, now);
    }
    return turns;
}

void StallWatch::judge_silence(const StallRule& rule, Suspect& suspect, StallTurn turn,
                               std::vector<StallTurn>& turns, Instant now) {
    const bool acted = suspect.stalled && now - suspect.acted_at < act_again;
    if (acted || suspect.quiet_since > now) return;
    const Duration waited = std::max(suspect.last.waited - suspect.first.waited, Duration{});
    const Duration silent = now - suspect.quiet_since - waited;
    if (rule.timeout.count() > 0 && silent >= rule.timeout && !excused(turn.cause)) {
        suspect.stalled = suspect.silent = true;
        suspect.acted_at = now;
        turn.kind = StallTurn::Kind::stalled;
        turn.acts = true;
    } else if (rule.warn.count() > 0 && silent >= rule.warn && !suspect.silent) {
        suspect.silent = true;
        if (!may_tell(now)) return;
        turn.kind = StallTurn::Kind::silent;
    } else {
        return;
    }
    suspect.told = true;
    turn.untold = std::exchange(untold_, 0);
    turns.push_back(std::move(turn));
}

void StallWatch::judge_task(const StallRule& rule, Suspect& suspect, StallTurn turn,
                            std::vector<StallTurn>& turns, Instant now) {
    const SlotSample& sample = suspect.sample;
    if (rule.task_timeout.count() == 0 || sample.kind == SlotKind::loop) return;
    const bool acted = suspect.overdue && now - suspect.acted_at < act_again;
    if (acted || sample.busy == Instant{} || excused(turn.cause)) return;
    const Duration waited =
        std::max(suspect.last.waited - suspect.first.waited, Duration{}) + suspect.waited_before;
    const Instant busy = std::max(sample.busy, since_);
    if (now - busy - waited < rule.task_timeout) return;
    suspect.overdue = suspect.told = true;
    suspect.acted_at = now;
    turn.kind = StallTurn::Kind::overdue;
    turn.lasted = now - busy;
    turn.acts = true;
    turns.push_back(std::move(turn));
}

bool StallWatch::may_tell(Instant now) {
    while (!told_.empty() && told_.front() + told_window <= now) told_.pop_front();
    if (told_.size() >= told_max) {
        ++untold_;
        return false;
    }
    told_.push_back(now);
    return true;
}

Duration look_every(const StallRule& rule) {
    Duration shortest = look_max * 4;
    for (const Duration each : {rule.warn, rule.timeout, rule.task_timeout}) {
        if (each.count() > 0) shortest = std::min(shortest, each);
    }
    return std::clamp(shortest / 4, look_min, look_max);
}

}  // namespace superd::core
